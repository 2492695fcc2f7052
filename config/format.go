package config

import (
	"bytes"

	"github.com/hashicorp/hcl/v2/hclwrite"
)

// Format returns HCL source in the canonical style: indentation by two spaces,
// equals signs of neighbouring arguments in one column, no blank space at the
// ends of lines, one line break at the end of the file. It keeps the meaning
// and the comments, and changes nothing in what it already has formatted.
// Source that does not parse is laid out as far as its tokens allow; check it
// first.
func Format(src []byte) []byte {
	out := hclwrite.Format(src)
	if len(bytes.TrimSpace(out)) == 0 {
		return nil
	}
	return append(bytes.TrimRight(out, " \t\r\n"), '\n')
}

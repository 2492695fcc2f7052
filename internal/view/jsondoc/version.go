package jsondoc

import (
	"io"

	"herald/internal/view"
)

// Version writes the version as one line of JSON.
func Version(w io.Writer, v view.Version) error {
	v.FormatVersion = FormatVersion
	return Write(w, v)
}

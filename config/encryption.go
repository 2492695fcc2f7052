package config

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// readEncryption checks an encryption block.
func readEncryption(d *decl) (*Encryption, hcl.Diagnostics) {
	e := &Encryption{Range: d.at()}
	var diags hcl.Diagnostics
	if a := d.get("passphrase"); !isNull(a) {
		if a.expr == nil && a.val.Type() == cty.Bool {
			e.Passphrase = a.val.True()
		} else {
			at := d.valueAt(a)
			d.src.mask(at.Start.Byte, at.End.Byte)
			diags = append(diags, errorAt(at, "Not a literal", "passphrase is true or false: whether there is one. The passphrase itself never stands in a file; it is in the environment, as HERALD_AGE_PASSPHRASE, or in a file that HERALD_AGE_PASSPHRASE_FILE names."))
		}
	}
	a := d.get("recipients")
	if !isNull(a) {
		list, more := readRecipients(d, a)
		e.Recipients = list
		diags = append(diags, more...)
	}
	if diags.HasErrors() {
		return e, diags
	}
	switch {
	case e.Passphrase && len(e.Recipients) > 0:
		diags = append(diags, errorAt(d.valueAt(d.get("passphrase")), "Two ways to encrypt", "age encrypts for recipients or with a passphrase, not with both: whoever may read by either could not tell who else may. Take one of the two out."))
	case !e.Passphrase && isNull(a):
		diags = append(diags, errorAt(d.at(), "Missing argument", "An encryption block says who may read: recipients = [\"age1…\"], the public half of a key that age-keygen makes, or passphrase = true."))
	}
	return e, diags
}

// readRecipients reads the list of recipients.
func readRecipients(d *decl, a *attr) ([]string, hcl.Diagnostics) {
	list, ok := a.expr.(*hclsyntax.TupleConsExpr)
	if !ok {
		return nil, hcl.Diagnostics{errorf(d.valueAt(a), "Not a literal", "recipients is a list of strings, written out: recipients = [\"age1…\"]. %s", literalsOnly)}
	}
	if len(list.Exprs) == 0 {
		return nil, hcl.Diagnostics{errorAt(d.valueAt(a), "Missing recipient", "Nobody could read what is encrypted for nobody. Name at least one recipient, the public half of a key that age-keygen makes, or take the encryption block out.")}
	}
	var out []string
	var diags hcl.Diagnostics
	seen := map[string]bool{}
	for _, e := range list.Exprs {
		at := e.Range()
		val, ok := constant(e)
		if !ok || val.IsNull() || val.Type() != cty.String || !val.IsKnown() {
			diags = append(diags, errorf(at, "Not a literal", "A recipient is a string, written out. %s", literalsOnly))
			continue
		}
		text := val.AsString()
		switch diag := checkRecipient(text, at); {
		case diag != nil:
			if isIdentity(text) {
				d.src.mask(at.Start.Byte, at.End.Byte)
			}
			diags = append(diags, diag)
		case seen[text]:
			diags = append(diags, errorAt(at, "Repeated recipient", "This recipient is in the list already. If a second one was meant, put its key here."))
		default:
			seen[text] = true
			out = append(out, text)
		}
	}
	return out, diags
}

// isIdentity reports whether the text is the secret half of a key.
func isIdentity(s string) bool {
	upper := strings.ToUpper(strings.TrimSpace(s))
	return strings.HasPrefix(upper, "AGE-SECRET-KEY-") || strings.HasPrefix(upper, "AGE-PLUGIN-") || strings.Contains(upper, "PRIVATE KEY")
}

// checkRecipient checks the form of an age recipient, its checksum included:
// one that was cut off or mistyped is found before anything is encrypted.
func checkRecipient(s string, at hcl.Range) *hcl.Diagnostic {
	const form = "A recipient is the public half of an age key, as age-keygen prints it: age1 and 58 further characters."
	invalid := func(detail string) *hcl.Diagnostic { return errorAt(at, "Invalid recipient", detail) }
	switch {
	case isIdentity(s):
		return secretInFile(at, "HERALD_AGE_IDENTITY, or as a file that HERALD_AGE_IDENTITY_FILE names; its public half, which age-keygen -y prints, is the recipient")
	case strings.HasPrefix(s, "ssh-"), strings.HasPrefix(s, "ecdsa-"):
		return invalid("SSH keys are not taken: they are made for logging in, are often on many machines, and age warns that what they encrypt can be linked to their owner. " + form + " Make one with:\n\n  age-keygen -o key.txt")
	case !strings.HasPrefix(s, "age1"):
		return invalid("This is no age recipient. " + form)
	}
	name, data, err := bech32(s)
	if err != nil {
		return invalid(fmt.Sprintf("This age recipient was mistyped or cut off: %s. %s", err, form))
	}
	switch {
	case name == "age" && data == 32, name == "age1pq" && data > 32:
		return nil
	case name == "age":
		return invalid(fmt.Sprintf("This age recipient holds %d bytes, and a key has 32. %s", data, form))
	case strings.HasPrefix(name, "age1"):
		return invalid(fmt.Sprintf("This recipient needs the plugin age-plugin-%s, and Herald runs no other programs: whoever plans or sends would need the plugin, and a hand for its key. %s", strings.TrimPrefix(name, "age1"), form))
	}
	return invalid("This is no age recipient. " + form)
}

// Check reports what makes the block one that no configuration can have, or
// nil: for blocks that come from a saved plan.
func (e *Encryption) Check() error {
	if e.Passphrase == (len(e.Recipients) > 0) {
		return errors.New("what is encrypted is read by recipients or with a passphrase, and by one of the two")
	}
	for _, r := range e.Recipients {
		if checkRecipient(r, hcl.Range{}) != nil {
			return errors.New("a recipient of the encryption is none")
		}
	}
	return nil
}

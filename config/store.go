package config

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// setting is an argument of a state block.
type setting struct {
	name string
	bool bool
	// missing says what to do where a needed one is not given.
	missing string
	// check returns what is wrong with a text, or "".
	check func(string) string
}

// storeSettings are the arguments of a state block of that type.
func storeSettings(typ string) []setting {
	switch typ {
	case StoreLocal:
		return []setting{{name: "path", check: filePath}}
	case StorePostgres:
		return []setting{{name: "schema", check: sqlName}, {name: "record", check: recordName}}
	case StoreS3:
		return []setting{
			{name: "bucket", missing: "A record in S3 is kept in a bucket that exists: bucket = \"NAME\".", check: bucketName},
			{name: "key", missing: "A record in S3 is an object in the bucket: key = \"herald/spring\".", check: objectKey},
			{name: "region"},
			{name: "endpoint", check: webAddress},
			{name: "use_path_style", bool: true},
			{name: "checksum", check: oneOf("required", "when_supported")},
		}
	case StoreHTTP:
		return []setting{
			{name: "address", check: webAddress},
			{name: "lock_address", check: webAddress},
			{name: "lock_method", check: httpMethod},
			{name: "unlock_address", check: webAddress},
			{name: "unlock_method", check: httpMethod},
			{name: "update_method", check: httpMethod},
			{name: "skip_cert_verification", bool: true},
		}
	}
	return nil
}

// Store returns the state block, or nil where there is none. It needs no
// values: Load has checked it.
func (c *Config) Store() *Store { return c.store }

// Encryption returns the encryption block, or nil where there is none.
func (c *Config) Encryption() *Encryption { return c.encryption }

// checkStore checks the blocks of the herald block that say how the record is
// kept.
func (c *Config) checkStore() hcl.Diagnostics {
	if c.herald == nil {
		return nil
	}
	var diags, more hcl.Diagnostics
	if d := c.herald.nested(blockState); d != nil {
		c.store, diags = readStore(d)
	}
	if d := c.herald.nested(blockEncryption); d != nil {
		c.encryption, more = readEncryption(d)
	}
	return append(diags, more...)
}

// readStore checks a state block.
func readStore(d *decl) (*Store, hcl.Diagnostics) {
	s := &Store{Type: d.name, Settings: map[string]string{}, Range: d.at(), Ranges: map[string]hcl.Range{}}
	var diags hcl.Diagnostics
	for _, set := range storeSettings(d.name) {
		a := d.get(set.name)
		if isNull(a) {
			if set.missing != "" {
				diags = append(diags, errorAt(d.at(), "Missing argument", set.missing))
			}
			continue
		}
		text, diag := set.read(d, a)
		if diag != nil {
			diags = append(diags, diag)
			continue
		}
		s.Settings[set.name], s.Ranges[set.name] = text, d.valueAt(a)
	}
	return s, diags
}

const literalsOnly = "The record is looked for before anything is evaluated, so what says where it is holds no variable, no local and no function. " +
	"What differs from machine to machine is given by the environment, or, for a local file, by -state."

// read returns the value of a setting as text.
func (set setting) read(d *decl, a *attr) (string, *hcl.Diagnostic) {
	at := d.valueAt(a)
	switch {
	case a.expr != nil && set.bool:
		return "", errorf(at, "Not a literal", "%s is true or false, written out. %s", a.name, literalsOnly)
	case a.expr != nil:
		return "", errorf(at, "Not a literal", "%s is a string, written out. %s", a.name, literalsOnly)
	case set.bool && a.val.Type() != cty.Bool:
		return "", errorf(at, "Wrong type of argument", "%s is true or false.", a.name)
	case set.bool:
		return fmt.Sprint(a.val.True()), nil
	case a.val.Type() != cty.String:
		return "", errorf(at, "Wrong type of argument", "%s is a string, in quotes.", a.name)
	}
	text := a.val.AsString()
	problem := set.problem(text)
	if problem == "" {
		return text, nil
	}
	if problem == passwordInAddress {
		d.src.mask(at.Start.Byte, at.End.Byte)
		return "", secretInFile(at, passwordVariables(d.name))
	}
	return "", errorf(at, "Invalid argument", "%s cannot be used. %s", a.name, problem)
}

// problem returns what is wrong with a text as the value of the setting, or "".
func (set setting) problem(text string) string {
	switch {
	case text == "" && set.missing != "":
		return "It is empty. " + set.missing
	case text == "":
		return "It is empty. Leave the argument out to have what is usual."
	case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "There is a control character in it."
	case set.check != nil:
		return set.check(text)
	}
	return ""
}

func filePath(s string) string {
	if strings.HasSuffix(s, "/") {
		return "It names a directory, and the record is a file: path = \"records/spring.state.json\"."
	}
	return ""
}

// sqlName checks the name of a schema in PostgreSQL. Other names would have to
// be quoted in every statement that a person types.
func sqlName(s string) string {
	const form = "The name of a schema is made of small letters, digits and _, begins with a letter or _, and has at most 63 characters."
	for i := range len(s) {
		c := s[i]
		if c != '_' && (c < 'a' || c > 'z') && (i == 0 || c < '0' || c > '9') {
			return form
		}
	}
	switch {
	case len(s) > 63:
		return form
	case strings.HasPrefix(s, "pg_") || s == "information_schema":
		return "PostgreSQL keeps that name for itself."
	}
	return ""
}

func recordName(s string) string {
	if len(s) > 200 {
		return "The name of a record has at most 200 bytes."
	}
	return ""
}

func bucketName(s string) string {
	switch {
	case strings.HasPrefix(s, "s3://"), strings.Contains(s, "/"):
		return "The bucket is named alone, without s3:// and without a path: what is behind it is the key."
	case strings.ContainsAny(s, " \t"):
		return "There is no space in the name of a bucket."
	}
	return ""
}

func objectKey(s string) string {
	switch {
	case len(s) > 900:
		return "The key has at most 900 bytes: the objects beside the record have longer names, of at most 1,024."
	case strings.HasPrefix(s, "/"), strings.HasSuffix(s, "/"), strings.Contains(s, "//"):
		return "A key is parts with one / between them, and none at its beginning or end: key = \"herald/spring\"."
	case slices.ContainsFunc(strings.Split(s, "/"), func(part string) bool { return part == "." || part == ".." }):
		return "A key is no path: . and .. mean nothing in it."
	}
	return ""
}

// passwordInAddress is what webAddress says of an address with a password.
const passwordInAddress = "password"

// passwordVariables names what takes the place of a password in an address.
func passwordVariables(typ string) string {
	if typ == StoreS3 {
		return "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
	}
	return "HERALD_HTTP_USERNAME and HERALD_HTTP_PASSWORD"
}

func webAddress(s string) string {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return "An address is written with its scheme and host, as in \"https://host/path\"."
	case u.User != nil:
		return passwordInAddress
	case strings.HasSuffix(u.Host, ":"):
		return "There is no port behind the colon. Give the port, as in \"https://host:8443/path\", or take the colon out."
	case u.Fragment != "":
		return "An address has no part behind a #."
	}
	return ""
}

func httpMethod(s string) string {
	if strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return "A method of HTTP is a word in capitals, as in \"POST\"."
	}
	return ""
}

func oneOf(values ...string) func(string) string {
	return func(s string) string {
		if slices.Contains(values, s) {
			return ""
		}
		return "It is " + orList(values) + "." + didYouMean(s, values)
	}
}

// Check reports what makes the block one that no configuration can have, or
// nil: for blocks that come from a saved plan.
func (s *Store) Check() error {
	settings := storeSettings(s.Type)
	if settings == nil {
		return fmt.Errorf("%q is no type of store", s.Type)
	}
	given := 0
	for _, set := range settings {
		text, ok := s.Settings[set.name]
		switch {
		case !ok && set.missing != "":
			return fmt.Errorf("the %s of the store is missing", set.name)
		case !ok:
			continue
		case set.problem(text) != "" || set.bool && text != "true" && text != "false":
			return fmt.Errorf("the %s of the store cannot be used", set.name)
		}
		given++
	}
	if given != len(s.Settings) {
		return fmt.Errorf("the store has a setting that no %s store has", s.Type)
	}
	return nil
}

// Same reports whether two blocks name the same place; nil is the local file
// beside the configuration.
func (s *Store) Same(other *Store) bool { return maps.Equal(s.identity(), other.identity()) }

// identity returns the settings that say where the record is, with what is
// usual where nothing is said.
func (s *Store) identity() map[string]string {
	id := map[string]string{"": StoreLocal}
	if s == nil {
		return id
	}
	id[""] = s.Type
	usual := map[string]string{"schema": DefaultSchema, "record": DefaultRecord}
	for _, set := range storeSettings(s.Type) {
		switch set.name {
		case "path", "schema", "record", "bucket", "key", "endpoint", "address":
			v := cmp.Or(s.Settings[set.name], usual[set.name])
			if set.name == "path" && v != "" {
				v = filepath.Clean(v)
			}
			if v != "" {
				id[set.name] = v
			}
		}
	}
	if id["path"] == DefaultPath {
		delete(id, "path")
	}
	return id
}

// What is usual where a state block does not say it.
const (
	DefaultPath   = "herald.state.json"
	DefaultSchema = "herald"
	DefaultRecord = "default"
)

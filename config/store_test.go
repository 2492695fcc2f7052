package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const inPostgres = "herald {\n  state \"postgres\" {\n    schema = \"herald\"\n  }\n  encryption {\n    passphrase = true\n  }\n}\n"

func TestLoadKnowsTheStore(t *testing.T) {
	c, diags := Load(write(t, map[string]string{"main.hcl": shop + inPostgres}), Options{})
	if len(diags) > 0 {
		t.Fatal(text(diags))
	}
	if s := c.Store(); s == nil || s.Type != StorePostgres || s.Settings["schema"] != "herald" || place(s.Range) != "main.hcl:5" || place(s.Ranges["schema"]) != "main.hcl:6" {
		t.Errorf("store: %+v", s)
	}
	if e := c.Encryption(); e == nil || !e.Passphrase || place(e.Range) != "main.hcl:8" {
		t.Errorf("encryption: %+v", e)
	}
	c, _ = Load(write(t, map[string]string{"main.hcl": shop}), Options{})
	if c.Store() != nil || c.Encryption() != nil {
		t.Errorf("without a herald block: %+v, %+v", c.Store(), c.Encryption())
	}
}

// The record is found although something else of the configuration is wrong,
// and never taken for a local one where the herald block cannot be read.
func TestSettings(t *testing.T) {
	for _, tc := range []struct {
		name  string
		files map[string]string
		store string // type, "" for none
		want  string // beginning of the diagnostics
	}{
		{"nothing", map[string]string{"x.txt": inPostgres}, "", ""},
		{"no herald block", map[string]string{"main.hcl": shop}, "", ""},
		{"as Load does", map[string]string{"a.hcl": shop, "b.hcl": inPostgres}, "postgres", ""},
		{"beside a wrong block", map[string]string{"main.hcl": "message \"a\" {\n  txt = nothing.at.all\n}\nfoo {}\n" + inPostgres}, "postgres", ""},
		{"after what does not parse", map[string]string{"main.hcl": "message \"a\" {\n  text = = 1\n}\n" + inPostgres}, "postgres", ""},
		{"before what is not closed", map[string]string{"main.hcl": inPostgres + "message \"a\" {\n"}, "postgres", ""},
		{"another file does not parse", map[string]string{"a.hcl": "message {", "b.hcl": inPostgres}, "postgres", ""},
		{"another file is no text", map[string]string{"a.hcl": "\xff\xfe", "b.hcl": inPostgres}, "postgres", ""},
		{"a byte order mark", map[string]string{"main.hcl": "\uFEFF" + inPostgres}, "postgres", ""},
		{"a version that does not fit", map[string]string{"main.hcl": strings.Replace(inPostgres, "{", "{\n  required_version = \"> 99\"", 1)}, "postgres", ""},
		{"the word in a text", map[string]string{"main.hcl": "message \"a\" {\n  text = <<-EOT\n    herald {\n    EOT\n}\n"}, "", ""},
		{"an open brace above", map[string]string{"main.hcl": "message \"a\" {\n" + inPostgres}, "", "main.hcl:1,13-14: error: Unclosed configuration block: "},
		{"the block is wrong", map[string]string{"main.hcl": "herald {\n  stat \"s3\" {\n  }\n}\n"}, "", "main.hcl:2,3-7: error: Unknown block: There is no block of type stat here. Did you mean state?\n"},
		{"the block does not parse", map[string]string{"main.hcl": "herald {\n  state \"s3\" {\n    key = = 1\n  }\n}\n"}, "", "main.hcl:3,11-12: error: Invalid expression: "},
		{"two of them", map[string]string{"a.hcl": inPostgres, "b.hcl": inPostgres}, "postgres", "b.hcl:1,1-7: error: Repeated block: A configuration has one herald block, and there is another at a.hcl:1. "},
		{"a setting is wrong", map[string]string{"main.hcl": "herald {\n  state \"s3\" {\n    key = \"k\"\n  }\n}\n"}, "s3", "main.hcl:2,3-13: error: Missing argument: A record in S3 is kept in a bucket that exists: bucket = \"NAME\".\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, e, diags := Settings(write(t, tc.files))
			if got := text(diags); !strings.HasPrefix(got, tc.want) || tc.want == "" && got != "" {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
			typ := ""
			if s != nil {
				typ = s.Type
			}
			if typ != tc.store {
				t.Errorf("store %q, want %q", typ, tc.store)
			}
			if (e != nil) != (tc.store == "postgres") {
				t.Errorf("encryption: %+v", e)
			}
		})
	}
	if s, e, diags := Settings(filepath.Join(t.TempDir(), "none")); s != nil || e != nil || len(diags) > 0 {
		t.Errorf("no directory: %v %v %s", s, e, text(diags))
	}
	dir := t.TempDir()
	if err := os.Symlink("nowhere.hcl", filepath.Join(dir, "main.hcl")); err != nil {
		t.Fatal(err)
	}
	if _, _, diags := Settings(dir); !strings.HasPrefix(text(diags), "main.hcl:1,1-1: error: Unreadable file: ") {
		t.Errorf("a file that cannot be read: %s", text(diags))
	}
}

// No secret is shown, wherever in the block it stands.
func TestStoreSecretsAreMasked(t *testing.T) {
	for _, block := range []string{
		"state \"postgres\" {\n    conn_str = \"postgres://herald:SECRET@db\"\n  }",
		"state \"s3\" {\n    bucket = \"b\"\n    key = \"k\"\n    secret_key = \"SECRET\"\n  }",
		"state \"s3\" {\n    bucket = \"b\"\n    key = \"k\"\n    endpoint = \"https://u:SECRET@s3.example.com\"\n  }",
		"state \"http\" {\n    address = \"https://u:SECRET@example.com\"\n  }",
		"state \"http\" {\n    headers = {\n      A = \"SECRET\"\n    }\n  }",
		"encryption {\n    passphrase = \"SECRET\"\n  }",
		"encryption {\n    recipients = [\"AGE-SECRET-KEY-1SECRET\"]\n  }",
		"encryption {\n    identity = \"SECRET\"\n  }",
	} {
		c, diags := Load(write(t, map[string]string{"main.hcl": shop + "herald {\n  " + block + "\n}\n"}), Options{})
		if !diags.HasErrors() {
			t.Errorf("%s: no error", block)
		}
		if shown := string(c.Sources()["main.hcl"].Bytes); strings.Contains(shown, "SECRET") || !strings.Contains(shown, "***") {
			t.Errorf("%s: shown as\n%s", block, shown)
		}
		if strings.Contains(text(diags), "SECRET\"") || strings.Contains(text(diags), "SECRET@") {
			t.Errorf("%s: said in\n%s", block, text(diags))
		}
	}
}

// Every argument that a block knows is in no hint as an unknown one.
func TestStoreHintsAreOfUnknownArguments(t *testing.T) {
	for _, typ := range storeTypes() {
		kind := stateSchema().kinds[typ]
		if kind == nil {
			t.Fatalf("no schema for %s", typ)
		}
		for _, set := range storeSettings(typ) {
			if kind.hints[set.name] != "" || kind.elsewhere[set.name] != "" {
				t.Errorf("%s: %s is known and explained as unknown", typ, set.name)
			}
		}
	}
}

func FuzzBech32(f *testing.F) {
	f.Add("age1yn2tjm6cmfk54pgjxyam6q4z36lse22aa3hyeph00r887q083zkqgs4vlv")
	f.Add("a12uel5l")
	f.Add("1")
	f.Fuzz(func(t *testing.T, s string) {
		if _, n, err := bech32(s); err == nil && (n < 0 || n > len(s)) {
			t.Errorf("%q: %d bytes", s, n)
		}
	})
}

// The checksum finds every mistyped character and every pair that changed
// places.
func TestBech32FindsMistakes(t *testing.T) {
	const good = "age1yn2tjm6cmfk54pgjxyam6q4z36lse22aa3hyeph00r887q083zkqgs4vlv"
	if name, n, err := bech32(good); name != "age" || n != 32 || err != nil {
		t.Fatal(name, n, err)
	}
	for i := range good {
		for _, c := range "qpzry9x8gf2tvdw0s3jn54khce6mua7l1" {
			wrong := good[:i] + string(c) + good[i+1:]
			if name, _, err := bech32(wrong); wrong != good && err == nil && name == "age" {
				t.Errorf("%s passes", wrong)
			}
		}
		if i > 0 && good[i] != good[i-1] {
			wrong := good[:i-1] + good[i:i+1] + good[i-1:i] + good[i+1:]
			if name, _, err := bech32(wrong); err == nil && name == "age" {
				t.Errorf("%s passes", wrong)
			}
		}
	}
}

func TestSameStore(t *testing.T) {
	of := func(typ string, settings ...string) *Store {
		s := &Store{Type: typ, Settings: map[string]string{}}
		for i := 0; i < len(settings); i += 2 {
			s.Settings[settings[i]] = settings[i+1]
		}
		return s
	}
	for _, tc := range []struct {
		a, b *Store
		want bool
	}{
		{nil, nil, true},
		{nil, of("local"), true},
		{of("local", "path", "herald.state.json"), nil, true},
		{of("local", "path", "other.json"), nil, false},
		{of("local", "path", "./herald.state.json"), nil, true},
		{nil, of("postgres"), false},
		{of("postgres"), of("postgres", "schema", "herald", "record", "default"), true},
		{of("postgres"), of("postgres", "record", "spring"), false},
		{of("s3", "bucket", "b", "key", "k"), of("s3", "bucket", "b", "key", "k", "checksum", "required", "region", "x"), true},
		{of("s3", "bucket", "b", "key", "k"), of("s3", "bucket", "b", "key", "l"), false},
		{of("http", "address", "https://a"), of("http", "address", "https://a", "lock_method", "PUT"), true},
		{of("http", "address", "https://a"), of("http", "address", "https://b"), false},
	} {
		if got := tc.a.Same(tc.b); got != tc.want || tc.b.Same(tc.a) != tc.want {
			t.Errorf("%+v and %+v: %v", tc.a, tc.b, got)
		}
	}
}

func TestCheckedStores(t *testing.T) {
	for name, s := range map[string]*Store{
		"":                                {Type: "s3", Settings: map[string]string{"bucket": "b", "key": "k", "use_path_style": "true"}},
		"\"pg\" is no type of store":      {Type: "pg"},
		"the key of the store is missing": {Type: "s3", Settings: map[string]string{"bucket": "b"}},
		"the use_path_style of the store cannot be used":  {Type: "s3", Settings: map[string]string{"bucket": "b", "key": "k", "use_path_style": "yes"}},
		"the path of the store cannot be used":            {Type: "local", Settings: map[string]string{"path": "a\nb"}},
		"the store has a setting that no local store has": {Type: "local", Settings: map[string]string{"schema": "b"}},
		"the address of the store cannot be used":         {Type: "http", Settings: map[string]string{"address": "https://u:p@h"}},
	} {
		got := ""
		if err := s.Check(); err != nil {
			got = err.Error()
		}
		if got != name {
			t.Errorf("%+v: %q, want %q", s, got, name)
		}
	}
}

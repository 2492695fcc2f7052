package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// The nested blocks of the herald block that say how the record is kept.
const (
	blockState      = "state"
	blockEncryption = "encryption"
)

// The types of stores.
const (
	StoreLocal    = "local"
	StorePostgres = "postgres"
	StoreS3       = "s3"
	StoreHTTP     = "http"
)

// storeTypes are the labels that a state block can have.
func storeTypes() []string { return []string{StoreLocal, StorePostgres, StoreS3, StoreHTTP} }

// storeHints say what to write for the types that people coming from
// elsewhere try.
var storeHints = map[string]string{
	"pg":         "PostgreSQL is state \"postgres\".",
	"postgresql": "PostgreSQL is state \"postgres\".",
	"file":       "A file on this machine is state \"local\".",
	"filesystem": "A file on this machine is state \"local\".",
	"aws":        "A bucket of S3 is state \"s3\".",
	"minio":      "A server that speaks S3's protocol is state \"s3\", with endpoint = \"https://…\" and, for most, use_path_style = true.",
	"r2":         "A server that speaks S3's protocol is state \"s3\", with endpoint = \"https://…\" and, for most, use_path_style = true.",
	"gcs":        "Herald does not speak the protocol of Google's storage. Its buckets can be reached by S3's, which wants conditional writes; PostgreSQL and HTTP are the other ways.",
	"gitlab":     "GitLab keeps records for Terraform, and so for Herald, behind state \"http\".",
	"https":      "A server that speaks Terraform's protocol is state \"http\", with address = \"https://…\".",
	"remote":     "A server that speaks Terraform's protocol is state \"http\".",
	"cloud":      "A server that speaks Terraform's protocol is state \"http\".",
	"sandbox":    "The local Instagram keeps a record of its own: give -sandbox to the command.",
}

// stateSchema is the state block; its label says what else it may hold.
func stateSchema() *schema {
	return &schema{
		typ: blockState, labels: 1,
		kinds: map[string]*schema{
			StoreLocal: {hints: map[string]string{
				"file":          "The file is given by path, relative to the configuration's directory.",
				"filename":      "The file is given by path, relative to the configuration's directory.",
				"workspace_dir": noWorkspaces,
			}},
			StorePostgres: {hints: postgresHints, elsewhere: map[string]string{
				"conn_str": postgresURL, "connection_string": postgresURL, "dsn": postgresURL, "url": postgresURL, "uri": postgresURL,
				"password": "PGPASSWORD, or within HERALD_STATE_POSTGRES_URL",
			}},
			StoreS3: {hints: s3Hints, elsewhere: map[string]string{
				"access_key": "AWS_ACCESS_KEY_ID", "access_key_id": "AWS_ACCESS_KEY_ID", "aws_access_key_id": "AWS_ACCESS_KEY_ID",
				"secret_key": "AWS_SECRET_ACCESS_KEY", "secret_access_key": "AWS_SECRET_ACCESS_KEY", "aws_secret_access_key": "AWS_SECRET_ACCESS_KEY",
				"token": "AWS_SESSION_TOKEN", "session_token": "AWS_SESSION_TOKEN", "aws_session_token": "AWS_SESSION_TOKEN",
				"password": "AWS_SECRET_ACCESS_KEY",
			}},
			StoreHTTP: {hints: httpHints, elsewhere: map[string]string{
				"username": "HERALD_HTTP_USERNAME", "user": "HERALD_HTTP_USERNAME", "password": "HERALD_HTTP_PASSWORD",
				"token": "HERALD_HTTP_PASSWORD, or as a header in HERALD_HTTP_HEADERS", "headers": "HERALD_HTTP_HEADERS", "header": "HERALD_HTTP_HEADERS",
				"client_private_key_pem": "HERALD_HTTP_CLIENT_PRIVATE_KEY_PEM", "client_certificate_pem": "HERALD_HTTP_CLIENT_CERTIFICATE_PEM",
			}},
		},
		once: "A record is kept in one place, so there is one state block, and there is one before this already. To move what was recorded from one place to another:\n\n  herald state migrate -from=… -to=…",
	}
}

const (
	noWorkspaces = "Herald has no workspaces: a configuration has one record. Two records are two configurations, each in a directory of its own."
	postgresURL  = "HERALD_STATE_POSTGRES_URL"
	postgresEnv  = "Where the database is, and who Herald is there, stands in the environment, as for PostgreSQL's own programs: PGHOST, PGPORT, PGDATABASE, PGUSER, PGPASSWORD, PGSSLMODE, PGSSLROOTCERT, PGSERVICE; or the whole of it in HERALD_STATE_POSTGRES_URL."
	awsEnv       = "Who Herald is to S3 stands in the environment, as for Amazon's own programs: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or AWS_ROLE_ARN with AWS_WEB_IDENTITY_TOKEN_FILE."
	s3Encryption = "The bucket encrypts by itself if it is set up to; Herald encrypts before it writes, with an encryption block in the herald block."
	s3Lock       = "The lock is an object beside the record, by S3's conditional writes: there is no table to name."
)

var postgresHints = map[string]string{
	"host": postgresEnv, "port": postgresEnv, "user": postgresEnv, "username": postgresEnv, "database": postgresEnv, "dbname": postgresEnv,
	"sslmode": postgresEnv, "sslrootcert": postgresEnv, "sslcert": postgresEnv, "sslkey": postgresEnv, "service": postgresEnv, "address": postgresEnv,
	"schema_name": "The schema in the database is given by schema.",
	"name":        "The name of the record within the database is given by record.",
	"key":         "The name of the record within the database is given by record.",
	"table":       "Herald makes its tables by itself, in the schema that schema names.",
	"table_name":  "Herald makes its tables by itself, in the schema that schema names.",
}

var s3Hints = map[string]string{
	"profile": awsEnv, "shared_credentials_file": awsEnv, "shared_credentials_files": awsEnv, "shared_config_files": awsEnv,
	"role_arn": awsEnv, "assume_role": awsEnv, "assume_role_with_web_identity": awsEnv, "external_id": awsEnv,
	"path":             "The name of the object in the bucket is given by key.",
	"name":             "The name of the bucket is given by bucket, that of the object in it by key.",
	"prefix":           "The name of the object in the bucket is given by key; what else Herald keeps stands beside it under that name.",
	"endpoints":        "The server is given by endpoint, as in endpoint = \"https://s3.example.com\".",
	"force_path_style": "A bucket's name in the path rather than in the host is asked for by use_path_style = true.",
	"skip_s3_checksum": "A server that does not know S3's checksums is spared them by checksum = \"required\".",
	"encrypt":          s3Encryption, "kms_key_id": s3Encryption, "sse_customer_key": s3Encryption,
	"dynamodb_table": s3Lock, "dynamodb_endpoint": s3Lock, "use_lockfile": s3Lock, "lock_table": s3Lock,
	"workspace_key_prefix": noWorkspaces,
}

const httpCertificates = "Certificates are given by the environment: HERALD_HTTP_CLIENT_CA_CERTIFICATE_PEM holds those that are trusted instead of the system's."

var httpHints = map[string]string{
	"url":       "The address of the record is given by address, as in address = \"https://host/path\".",
	"host":      "The address of the record is given by address, as in address = \"https://host/path\".",
	"path":      "The address of the record is given by address, as in address = \"https://host/path\".",
	"retry_max": "Herald decides itself what may be repeated: a reading, and no write that may have arrived.", "retry_wait_min": "Herald decides itself how long it waits.", "retry_wait_max": "Herald decides itself how long it waits.",
	"insecure":                  "A server whose certificate is not checked is asked for by skip_cert_verification = true.",
	"client_ca_certificate_pem": httpCertificates, "ca_file": httpCertificates,
}

// encryptionSchema is the encryption block.
func encryptionSchema() *schema {
	const identity = "HERALD_AGE_IDENTITY, or as a file that HERALD_AGE_IDENTITY_FILE names"
	return &schema{
		typ: blockEncryption, attrs: []string{"recipients", "passphrase"},
		elsewhere: map[string]string{
			"identity": identity, "identities": identity, "key": identity, "secret_key": identity, "private_key": identity,
			"password": "HERALD_AGE_PASSPHRASE, with passphrase = true in this block",
		},
		hints: map[string]string{
			"recipient":       "Whoever may read the record is named in a list: recipients = [\"age1…\"].",
			"recipients_file": "The recipients stand in this block, so that a reviewer sees who may read: recipients = [\"age1…\"].",
			"method":          "Herald encrypts with age: recipients = [\"age1…\"], or passphrase = true.",
			"key_provider":    "Herald encrypts with age: recipients = [\"age1…\"], or passphrase = true.",
			"enforced":        "Where there is an encryption block nothing is written unencrypted.",
			"fallback":        "A record that is not encrypted yet is encrypted by herald state migrate.",
		},
	}
}

// kindOf returns the schema of a block whose label chooses it; it explains a
// label that is not known.
func (d *decoder) kindOf(s *schema, b *hclsyntax.Block) *schema {
	known := orList(storeTypes())
	if len(b.Labels) == 0 {
		d.diags = append(d.diags, errorf(b.TypeRange, "Missing type", "A state block says, in quotes before the opening brace, where the record is kept: %s, as in state \"local\" {.", known))
		return nil
	}
	if len(b.Labels) > 1 {
		d.diags = append(d.diags, errorAt(b.LabelRanges[1], "Too many names", "A state block has one label, the type of the store: a record has no name here. Take this one out."))
		return nil
	}
	label := b.Labels[0]
	kind := s.kinds[label]
	if kind == nil {
		detail := "There is no store of this type."
		if hint := storeHints[label]; hint != "" {
			detail = hint
		} else if n := near(label, storeTypes()); n != "" {
			detail += " Did you mean " + n + "?"
		} else {
			detail += " Herald knows " + known + "."
		}
		d.diags = append(d.diags, errorAt(b.LabelRanges[0], "Unknown store", detail))
		return nil
	}
	out := *kind
	out.typ, out.kind, out.labels, out.once = s.typ, label, 1, s.once
	for _, set := range storeSettings(label) {
		out.attrs = append(out.attrs, set.name)
	}
	return &out
}

// secretElsewhere explains an attribute that would be a secret in a file, and
// keeps its value from being shown. It reports whether it is one.
func (d *decoder) secretElsewhere(s *schema, a *hclsyntax.Attribute) bool {
	where, ok := s.elsewhere[a.Name]
	if !ok {
		return false
	}
	r := a.Expr.Range()
	d.masks = append(d.masks, [2]int{r.Start.Byte, r.End.Byte})
	d.diags = append(d.diags, secretInFile(a.NameRange, where))
	return true
}

// secretInFile says that what stands there belongs into the environment.
func secretInFile(at hcl.Range, where string) *hcl.Diagnostic {
	return errorf(at, "Secret in a file", "What gives access to the record never stands in a file of configuration: files are committed and read by reviewers, and saved plans carry this block. "+
		"Take it out, have it replaced if the file has left this machine, and put the new one into the environment, as %s.", where)
}

// title names the block for a person: state "s3", or its type alone.
func (s *schema) title() string {
	if s.kind != "" {
		return s.typ + " \"" + s.kind + "\""
	}
	return s.typ
}

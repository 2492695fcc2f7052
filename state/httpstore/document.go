package httpstore

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"herald/state"
)

// The document on the server is a JSON object, for GitLab takes nothing else:
//
//	{
//	"version":1001,          above every version of Terraform's, which therefore refuses to touch it
//	"serial":17,             one more with each write
//	"lineage":"…",           the record's
//	"herald":1,              the version of this form
//	"record":"H4sI…"         base64 of the record, as state.Encode writes it, compressed by gzip, and
//	}                        then sealed if there is a Sealer
//
// The record is a string, so that a server may keep the document as it likes:
// sorted, indented, in a database.

const (
	documentVersion   = 1
	terraformVersion  = 1000 + documentVersion
	maxRecord         = 4 << 30 // bytes that a compressed record may grow to
	adviceNotOurs     = "Give Herald an address of its own: it writes over nothing that it does not know. Nothing was sent."
	adviceDamaged     = "Put the document back as it was, if the server keeps former versions (GitLab does). Nothing was sent."
	documentEndsAfter = "\"\n}\n"
)

// wrap returns the document of a record.
func (s *Store) wrap(r *state.Record, serial uint64) ([]byte, error) {
	lineage, err := json.Marshal(r.Lineage)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "{\n\"version\":%d,\n\"serial\":%d,\n\"lineage\":%s,\n\"herald\":%d,\n\"record\":\"",
		terraformVersion, serial, lineage, documentVersion)
	text := base64.NewEncoder(base64.StdEncoding, &out)
	if s.o.Sealer == nil {
		err = compress(text, r)
	} else {
		var packed bytes.Buffer
		var sealed []byte
		if err = compress(&packed, r); err == nil {
			sealed, err = s.o.Sealer.Seal(packed.Bytes())
		}
		if err == nil {
			_, err = text.Write(sealed)
		}
	}
	if err == nil {
		err = text.Close()
	}
	out.WriteString(documentEndsAfter)
	return out.Bytes(), err
}

func compress(w io.Writer, r *state.Record) error {
	z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return err
	}
	return errors.Join(state.Encode(z, r), z.Close())
}

// unwrap returns the record that a document holds, and the document's serial.
func (s *Store) unwrap(body []byte) (*state.Record, uint64, error) {
	d, err := s.parse(body)
	if err != nil {
		return nil, 0, err
	}
	sealed, err := base64.StdEncoding.DecodeString(*d.Record)
	if err != nil {
		return nil, 0, s.format("the record in the document is damaged: "+err.Error(), adviceDamaged)
	}
	packed, err := state.Unseal(s.o.Sealer, sealed, s.at)
	if err != nil {
		return nil, 0, err
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, 0, s.format("the record in the document is damaged: "+err.Error(), adviceDamaged)
	}
	in := &io.LimitedReader{R: z, N: maxRecord}
	r, err := state.Decode(in, s.at)
	var told *state.FormatError
	switch {
	case errors.As(err, &told):
		return nil, 0, err
	case err != nil:
		return nil, 0, s.format("the record in the document is damaged: "+err.Error(), adviceDamaged)
	case r.Lineage != d.Lineage:
		return nil, 0, s.format(fmt.Sprintf("the document says lineage %q, and the record in it %q", d.Lineage, r.Lineage), adviceDamaged)
	}
	return r, *d.Serial, nil
}

// document is what is read of the stored JSON.
type document struct {
	Version   json.RawMessage `json:"version"`
	Serial    *uint64         `json:"serial"`
	Lineage   string          `json:"lineage"`
	Herald    *int            `json:"herald"`
	Record    *string         `json:"record"`
	Terraform *string         `json:"terraform_version"`
	Resources json.RawMessage `json:"resources"`
}

func (s *Store) parse(body []byte) (*document, error) {
	if state.IsSealed(body) {
		return nil, s.format("this is an encrypted file, not a document of Herald", adviceNotOurs)
	}
	var d document
	if err := json.Unmarshal(body, &d); err != nil {
		if !json.Valid(body) {
			return nil, s.format("what the server holds is not JSON", "A document of Herald is. Look at what is at the address, and whether all of it came. "+adviceNotOurs)
		}
		return nil, s.format("what the server holds is no document of Herald", adviceNotOurs)
	}
	switch {
	case d.Herald == nil && (d.Terraform != nil || d.Resources != nil):
		return nil, s.format("this is a state of Terraform, not a record of Herald", adviceNotOurs)
	case d.Herald == nil:
		return nil, s.format("what the server holds is no document of Herald", adviceNotOurs)
	case *d.Herald > documentVersion:
		return nil, s.format(fmt.Sprintf("a newer Herald wrote this document: its version is %d, and this Herald knows up to %d", *d.Herald, documentVersion),
			"Use that version of Herald, or a newer one. Nothing was sent.")
	case *d.Herald < 1 || d.Serial == nil || d.Record == nil:
		return nil, s.format("the document of Herald is not complete", adviceDamaged)
	}
	return &d, nil
}

func (s *Store) format(problem, advice string) error {
	return &state.FormatError{Path: s.at, Problem: problem, Advice: advice}
}

package state

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
)

// maxLine is the longest line that is read, in bytes: far more than an entry
// can have.
const maxLine = 1 << 20

// Decode reads a record that Encode wrote, of this version or an older one.
// The path is for the errors only: a *FormatError, or what rd returned. What
// was merged, edited, cut off or written by a newer Herald is refused.
func Decode(rd io.Reader, path string) (*Record, error) {
	return decode(rd, path, currentFormat())
}

func decode(rd io.Reader, path string, f format) (*Record, error) {
	d := &decoder{in: bufio.NewReaderSize(rd, 64<<10), path: path, format: f, sum: newCheck()}
	d.record = newRecord("", sizeHint(rd))
	if err := d.read(); err != nil {
		return nil, err
	}
	return d.record, nil
}

// sizeHint guesses the number of entries in a file.
func sizeHint(rd io.Reader) int {
	f, ok := rd.(interface{ Stat() (fs.FileInfo, error) })
	if !ok {
		return 0
	}
	info, err := f.Stat()
	if err != nil {
		return 0
	}
	return int(min(info.Size()/600, 1<<20))
}

// decoder reads one record, line by line.
type decoder struct {
	in       *bufio.Reader
	path     string
	line     int // of the text that was read last
	buf      []byte
	format   format
	upgrades []upgrade
	record   *Record
	sum      *check
	entry    EntryDecoder
}

func (d *decoder) read() error {
	if err := d.opening(); err != nil {
		return err
	}
	if err := d.header(); err != nil {
		return err
	}
	if err := d.entries(); err != nil {
		return err
	}
	return d.closing()
}

// problem returns an error about the present line.
func (d *decoder) problem(advice, form string, args ...any) error {
	return &FormatError{Path: d.path, Line: d.line, Problem: fmt.Sprintf(form, args...), Advice: advice}
}

// edited returns an error about the present line, which Herald did not write.
func (d *decoder) edited(form string, args ...any) error {
	return d.problem(adviceEdited(d.path), form, args...)
}

// next returns the next line without its line feed, valid until the next call.
func (d *decoder) next() ([]byte, error) {
	d.line++
	line, err := d.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		d.buf = append(d.buf[:0], line...)
		for errors.Is(err, bufio.ErrBufferFull) && len(d.buf) <= maxLine {
			line, err = d.in.ReadSlice('\n')
			d.buf = append(d.buf, line...)
		}
		line = d.buf
	}
	switch {
	case len(line) > maxLine:
		return nil, d.problem(adviceNotRecord, "the line is longer than 1 MiB, which no entry is")
	case errors.Is(err, io.EOF) && d.line == 1 && len(line) == 0:
		return nil, d.edited("the file is empty: it was cut off")
	case errors.Is(err, io.EOF):
		return nil, d.edited("the file ends here, before its closing brace: it was cut off")
	case err != nil:
		return nil, fmt.Errorf("%s: %w", d.path, err)
	}
	line = line[:len(line)-1]
	switch {
	case conflictMarker(line):
		return nil, d.problem(adviceMerged, "this is a conflict marker of git: the file was merged")
	case bytes.HasSuffix(line, []byte{'\r'}):
		return nil, d.problem("Let git keep the file as it is: put \"*.state.json -text\" into .gitattributes, and check the file "+
			"out anew. Nothing was sent.", "the line ends with a carriage return: line ends were converted")
	}
	return line, nil
}

func (d *decoder) opening() error {
	line, err := d.in.Peek(1)
	if err == nil && line[0] != '{' && line[0] != '<' {
		d.line = 1
		return d.problem(adviceNotRecord, "this is not a record of Herald: it does not begin with a brace")
	}
	text, err := d.next()
	if err == nil && string(text) != "{" {
		err = d.problem(adviceNotRecord, "this is not a record of Herald as Herald writes it: the first line is not a brace alone")
	}
	return err
}

// header reads the fields before the entries. The first one is the version.
func (d *decoder) header() error {
	seen := make(map[string]bool)
	for {
		line, err := d.next()
		if err != nil {
			return err
		}
		if string(line) == `"entries":[` {
			break
		}
		p := parser{data: line, texts: &d.entry.shared}
		name, err := p.text()
		if err != nil || line[0] != '"' || !p.next(':') || !bytes.HasSuffix(line, []byte{','}) {
			return d.edited("a field of the header, such as \"serial\":1, was expected")
		}
		field, value := string(name), line[p.pos:len(line)-1]
		for _, u := range d.upgrades {
			if u.header != nil {
				field, value = u.header(field, value)
			}
		}
		if seen[field] {
			return d.edited("the field %q is there twice", field)
		}
		if len(seen) == 0 && field != "version" {
			return d.problem(adviceNotRecord, "the first field is %q; a record of Herald begins with its version", field)
		}
		seen[field] = true
		if err := d.headerField(field, value); err != nil {
			return err
		}
	}
	for _, field := range []string{"version", "lineage", "serial"} {
		if !seen[field] {
			return d.edited("the header has no %s", field)
		}
	}
	return nil
}

func (d *decoder) headerField(name string, value []byte) error {
	p := &parser{data: value, texts: &d.entry.shared}
	var err error
	switch name {
	case "version":
		return d.version(p)
	case "lineage":
		d.record.Lineage, err = p.string()
		if err == nil && d.record.Lineage == "" {
			err = errors.New("it is empty")
		}
	case "serial":
		d.record.Serial, err = strconv.ParseUint(string(value), 10, 64)
		if err != nil || string(value) != strconv.FormatUint(d.record.Serial, 10) {
			err = fmt.Errorf("%q is not a whole number", value)
		}
		p.pos = len(value)
	case "origin":
		d.record.Origin, err = p.string()
	case "endpoints":
		err = p.stringMap(d.record.Endpoints)
	case "mark":
		fields := make(map[string]string)
		if err = p.stringMap(fields); err == nil {
			d.record.Mark, err = readMark(fields)
		}
	default:
		return d.edited("the field %q is unknown", name)
	}
	if err == nil {
		err = p.end()
	}
	if err != nil {
		return d.edited("%s: %s", name, err)
	}
	return nil
}

// version finds out who wrote the record, and how to read it.
func (d *decoder) version(p *parser) error {
	v, err := p.integer()
	if err == nil {
		err = p.end()
	}
	if err != nil {
		return d.edited("version: %s", err)
	}
	if v > int64(d.format.version) {
		return d.problem(adviceNewer, "a newer Herald wrote this record: its version is %d, and this Herald knows up to %d",
			v, d.format.version)
	}
	upgrades, ok := d.format.from(int(v))
	if !ok || v < 0 {
		return d.edited("no Herald has written a record of version %d", v)
	}
	d.upgrades = upgrades
	return nil
}

// string reads a string that is kept.
func (p *parser) string() (string, error) {
	s, err := p.text()
	return string(s), err
}

// stringMap reads an object whose values are strings.
func (p *parser) stringMap(m map[string]string) error {
	if !p.next('{') {
		return p.wanted("an object in braces")
	}
	for {
		name, err := p.member(len(m) == 0)
		if err != nil || name == nil {
			return err
		}
		key := string(name)
		if _, ok := m[key]; ok {
			return twice(name)
		}
		if m[key], err = p.string(); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
}

// entries reads the lines of the entries up to the closing bracket.
func (d *decoder) entries() error {
	var last *Entry
	more := true // whether another entry may follow: at first, or after a comma
	for {
		line, err := d.next()
		if err != nil {
			return err
		}
		if string(line) == "]," {
			if last != nil && more {
				return d.edited("the last entry is followed by a comma")
			}
			return nil
		}
		if !more {
			return d.edited("the entry before has no comma at its end")
		}
		line, more = bytes.CutSuffix(line, []byte{','})
		d.sum.add(line)
		for _, u := range d.upgrades {
			if u.entry == nil {
				continue
			}
			if line, err = u.entry(line); err != nil {
				return d.edited("the entry: %s", err)
			}
		}
		e, err := d.entry.Decode(line)
		if err != nil {
			return d.edited("the entry: %s", err)
		}
		if last != nil {
			switch order := compareEntries(e, last); {
			case order == 0:
				return d.edited("%s is there twice", e.Key())
			case order < 0:
				return d.edited("%s comes after %s: the entries are not sorted", e.Key(), last.Key())
			}
		}
		d.record.Adopt(e)
		last = e
	}
}

// closing reads the check and the end of the file.
func (d *decoder) closing() error {
	line, err := d.next()
	if err != nil {
		return err
	}
	if want := `"check":"` + d.sum.String() + `"`; string(line) != want {
		if !bytes.HasPrefix(line, []byte(`"check":"`)) {
			return d.edited("the check was expected")
		}
		return d.problem(adviceCheck(d.path), "the check does not fit the %d entries: the file was merged or edited by hand", d.record.Len())
	}
	if line, err = d.next(); err != nil {
		return err
	}
	if string(line) != "}" {
		return d.edited("the closing brace was expected")
	}
	d.line++
	if _, err := d.in.Peek(1); err == nil {
		return d.edited("there is more text after the record")
	} else if !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: %w", d.path, err)
	}
	return nil
}

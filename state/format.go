package state

import (
	"bytes"
	"fmt"
	"path/filepath"
)

// FormatVersion is the newest version of the record's format that this Herald
// reads and writes.
//
//	1  the first one
//	2  has entries with also_sent
//	3  has a mark, or sent messages whose id nobody knows
//
// A Herald that knows fewer says of such a record that a newer one wrote it,
// where it would otherwise find what it takes for the work of an editor.
const FormatVersion = 3

// formatVersion returns the version in which the record is written: the lowest
// that has all the fields in use.
func (r *Record) formatVersion() int {
	if r.Mark != nil {
		return 3
	}
	version := 1
	for _, e := range r.entries {
		version = max(version, e.formatVersion())
		if e.Before != nil {
			version = max(version, e.Before.formatVersion())
		}
	}
	return version
}

func (e *Entry) formatVersion() int {
	switch {
	case e.Status == Sent && e.MessageID == "":
		return 3
	case len(e.AlsoSent) > 0:
		return 2
	}
	return 1
}

// format is a version of the record's format, and how to bring older ones up
// to it.
type format struct {
	version  int
	upgrades map[int]upgrade // by the version that they start from
}

// upgrade turns what one version wrote into what the next one reads.
type upgrade struct {
	// header returns the field of the header that takes the place of the
	// given one; value is JSON. A nil header changes nothing.
	header func(name string, value []byte) (string, []byte)
	// entry returns an entry's line in the next version. A nil entry changes
	// nothing.
	entry func(line []byte) ([]byte, error)
}

// currentFormat is what Encode writes. What a version wrote reads the same in
// the next one.
func currentFormat() format {
	return format{version: FormatVersion, upgrades: map[int]upgrade{1: {}, 2: {}}}
}

// from returns the upgrades from a version to the present one, in order.
func (f format) from(version int) ([]upgrade, bool) {
	var list []upgrade
	for v := version; v < f.version; v++ {
		u, ok := f.upgrades[v]
		if !ok {
			return nil, false
		}
		list = append(list, u)
	}
	return list, true
}

// What to do about a record that cannot be trusted.
const (
	adviceNotRecord = "If this is not Herald's record, name the right file with -state. Nothing was sent."
	adviceNewer     = "Use that version of Herald, or a newer one. Nothing was sent, and the record is as it was."
)

// adviceEdited says how to come back from a record that was changed by hand.
func adviceEdited(path string) string {
	return adviceLastGood(path) + " Nothing was sent."
}

func adviceLastGood(path string) string {
	return fmt.Sprintf("Put back the file as Herald wrote it last, from version control or from %s.backup. "+
		"An older record does not know what was sent since, and Herald would send that again: compare the two "+
		"before you go on.", filepath.Base(path))
}

// adviceCheck says how to come back from a record that was edited or merged by
// hand.
func adviceCheck(path string) string {
	return adviceLastGood(path) + fmt.Sprintf(" If a merge is under way, bring its conflict back, and let Herald join the two sides:"+
		"\n\n  git checkout --merge -- %s\n  herald state merge\n\nNothing was sent.", filepath.Base(path))
}

// adviceMerged says how to come back from a merge.
const adviceMerged = "A record cannot be merged line by line. Let Herald join the two sides, so that nothing that either has sent " +
	"is forgotten:\n\n  herald state merge\n\nNothing was sent."

// conflictMarker reports whether git left the line in a file that it could not
// merge.
func conflictMarker(line []byte) bool {
	for _, mark := range []string{"<<<<<<<", "=======", ">>>>>>>", "|||||||"} {
		if bytes.HasPrefix(line, []byte(mark)) {
			return true
		}
	}
	return false
}

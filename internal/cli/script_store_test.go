package cli_test

import (
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdRecords starts a server that keeps records, with -user=NAME:PASSWORD for
// those who say so, as GitLab with -gitlab, and sets $RECORDS to its address.
// Once it runs, -fault=KIND:N:WHAT makes the N-th call of the kind from then on
// fail, every one if N is 0; -faults takes all of that back; -other=PATH:ID
// lets somebody else hold a lock, and -unlock takes all locks away.
func cmdRecords(ts *testscript.TestScript, neg bool, args []string) {
	s := stageOf(ts)
	usage(ts, !neg, "records [-user=NAME:PASSWORD] [-gitlab] | -fault=KIND:N:WHAT... | -faults | -other=PATH:ID | -unlock")
	if s.records == nil {
		startRecords(ts, s, args)
		return
	}
	s.records.mu.Lock()
	defer s.records.mu.Unlock()
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		switch name {
		case "-fault":
			part := strings.Split(value, ":")
			usage(ts, len(part) == 3, "records -fault=KIND:N:WHAT")
			s.records.faults = append(s.records.faults, recordFault{kind: part[0], n: number(ts, part[1]), do: part[2]})
		case "-faults":
			s.records.faults = nil
		case "-other":
			path, id, _ := strings.Cut(value, ":")
			s.records.locks[path] = []byte(`{"ID":"` + id + `","Operation":"OperationTypeApply","Info":"","Who":"bob@desk","Version":"1.9.0","Created":"2026-01-02T03:04:05Z","Path":""}`)
		case "-unlock":
			clear(s.records.locks)
		default:
			ts.Fatalf("unknown option %s", arg)
		}
	}
}

func startRecords(ts *testscript.TestScript, s *stage, args []string) {
	var user, password string
	gitlab := false
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		switch name {
		case "-user":
			user, password, _ = strings.Cut(value, ":")
		case "-gitlab":
			gitlab = true
		default:
			ts.Fatalf("unknown option %s", arg)
		}
	}
	s.records = newRecordServer(user, password, gitlab)
	ts.Setenv("RECORDS", s.records.URL)
}

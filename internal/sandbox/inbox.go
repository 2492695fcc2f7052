package sandbox

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/gofrs/flock"
)

// The names inside Options.Dir.
const (
	inboxFile = "inbox.jsonl"
	lockFile  = "inbox.lock"
)

// ErrInUse says that another server holds the inbox's folder.
var ErrInUse = errors.New("the sandbox's inbox is in use by another process")

var errClosed = errors.New("the sandbox is closed")

// What an event did.
const (
	doPost         = "post"          // a call of the API was accepted
	doPerson       = "person"        // the person wrote
	doPersonReacts = "person_reacts" // the person reacted
	doApp          = "app"           // somebody at the business typed in the app
)

// event is one line of the inbox file.
type event struct {
	Do      string `json:"do"`
	Account string `json:"account"`
	Person  string `json:"person"`
	At      int64  `json:"at"` // microseconds since 1970
	MID     string `json:"mid,omitempty"`
	Version int    `json:"version,omitempty"` // doPost: the API's major version
	Body    string `json:"body,omitempty"`    // doPost: as it came
	Text    string `json:"text,omitempty"`    // doPerson, doApp; doPersonReacts: the emoji
	Target  string `json:"target,omitempty"`  // doPersonReacts
}

// action says what the event does, in the form that a call has.
func (ev event) action() (action, error) {
	switch ev.Do {
	case doPost:
		act, e := parseAction([]byte(ev.Body), ev.Version)
		if e != nil {
			return action{}, errors.New(e.text)
		}
		if act.recipient != ev.Person {
			return action{}, fmt.Errorf("the body names recipient %s, the line person %s", act.recipient, ev.Person)
		}
		return act, nil
	case doPerson, doApp:
		return action{kind: KindText, recipient: ev.Person, text: ev.Text}, nil
	case doPersonReacts:
		if ev.Text == "" {
			return action{kind: KindUnreact, recipient: ev.Person, target: ev.Target}, nil
		}
		return action{kind: KindReact, recipient: ev.Person, target: ev.Target, reaction: ev.Text}, nil
	}
	return action{}, fmt.Errorf("unknown event %q", ev.Do)
}

// journal appends events to the inbox file. Events are added in the order of
// their acceptance and become durable in batches: whoever commits first syncs
// for everybody who added meanwhile.
type journal struct {
	file   *os.File
	unlock func() error

	mu  sync.Mutex // guards cur and what is in it
	cur *batch

	syncing sync.Mutex // held while a batch is written; guards failed
	failed  error
	dead    atomic.Bool // failed is set
}

type batch struct {
	lines []byte
	err   error // of add
	// done and result are guarded by journal.syncing.
	done   bool
	result error
}

// openJournal locks the folder, reads the inbox through replay, cuts off an
// unfinished last line, and opens the file for appending.
func openJournal(dir string, replay func(event) error) (*journal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the inbox's folder: %w", err)
	}
	lock := flock.New(filepath.Join(dir, lockFile))
	held, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock the inbox: %w", err)
	}
	if !held {
		return nil, fmt.Errorf("%w: %s", ErrInUse, dir)
	}
	j, err := readJournal(dir, replay)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	j.unlock = lock.Close
	return j, nil
}

func readJournal(dir string, replay func(event) error) (*journal, error) {
	path := filepath.Join(dir, inboxFile)
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the inbox: %w", err)
	}
	end, err := replayLines(file, replay)
	if err == nil {
		err = file.Truncate(end)
	}
	if err == nil {
		_, err = file.Seek(end, io.SeekStart)
	}
	if err == nil {
		err = errors.Join(file.Sync(), syncDir(dir))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
	}
	return &journal{file: file, cur: &batch{}}, nil
}

// replayLines feeds every finished line to replay and answers the offset
// behind the last of them.
func replayLines(file io.Reader, replay func(event) error) (end int64, err error) {
	lines := bufio.NewReaderSize(file, 64<<10)
	for number := 1; ; number++ {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return end, nil // what is in line was never answered for
		}
		if err != nil {
			return 0, err
		}
		dec := json.NewDecoder(bytes.NewReader(line))
		dec.DisallowUnknownFields()
		var ev event
		if err := dec.Decode(&ev); err != nil {
			return 0, fmt.Errorf("line %d is damaged: %w", number, err)
		}
		if err := replay(ev); err != nil {
			return 0, fmt.Errorf("line %d is damaged: %w", number, err)
		}
		end += int64(len(line))
	}
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// add puts an event into the batch that is written next.
func (j *journal) add(ev event) *batch {
	line, err := json.Marshal(ev)
	j.mu.Lock()
	defer j.mu.Unlock()
	b := j.cur
	if err != nil {
		b.err = errors.Join(b.err, err)
		return b
	}
	b.lines = append(append(b.lines, line...), '\n')
	return b
}

// commit returns when b is on disk. After a failed write or sync nothing is
// written any more: what is on disk is unknown, so no answer may claim it.
func (j *journal) commit(b *batch) error {
	j.syncing.Lock()
	defer j.syncing.Unlock()
	if b.done {
		return b.result
	}
	// Batches are taken under syncing only, and done before it is released:
	// a batch that is not done is the current one.
	j.mu.Lock()
	j.cur = &batch{}
	j.mu.Unlock()
	if j.failed == nil {
		j.failed = b.err
	}
	if j.failed == nil {
		_, j.failed = j.file.Write(b.lines)
	}
	if j.failed == nil {
		j.failed = j.file.Sync()
	}
	if j.failed != nil {
		j.dead.Store(true)
	}
	b.done, b.result, b.lines = true, j.failed, nil
	return b.result
}

// broken says that nothing more can be accepted.
func (j *journal) broken() bool { return j.dead.Load() }

// close writes what was added and gives the folder back.
func (j *journal) close() error {
	j.mu.Lock()
	b := j.cur
	j.mu.Unlock()
	err := j.commit(b)
	j.syncing.Lock()
	defer j.syncing.Unlock()
	j.failed = errClosed
	j.dead.Store(true)
	return errors.Join(err, j.file.Close(), j.unlock())
}

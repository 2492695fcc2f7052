package filestore

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// op names a file operation for Options.Fault.
const (
	opCreate   = "create"
	opOpen     = "open"
	opWrite    = "write"
	opSync     = "sync"
	opTruncate = "truncate"
	opRename   = "rename"
	opLink     = "link"
	opRemove   = "remove"
	opSyncDir  = "syncdir"
)

// disk is the file system, with the faults that a test gives it.
type disk struct {
	fault func(op, path string) error // nil for none
}

func (d disk) check(op, path string) error {
	if d.fault == nil {
		return nil
	}
	if err := d.fault(op, path); err != nil {
		return &fs.PathError{Op: op, Path: path, Err: err}
	}
	return nil
}

// file is an open file that is written to.
type file struct {
	*os.File
	disk disk
}

// create makes an empty file of that mode, less the umask. There must be none.
func (d disk) create(path string, mode fs.FileMode) (*file, error) {
	if err := d.check(opCreate, path); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return nil, err
	}
	return &file{f, d}, nil
}

// openAppend opens a file that is there, to write at its end.
func (d disk) openAppend(path string) (*file, error) {
	if err := d.check(opOpen, path); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return nil, err
	}
	return &file{f, d}, nil
}

// Write writes b. As on a disk that fills up, a fault comes in its middle.
func (f *file) Write(b []byte) (int, error) {
	if err := f.disk.check(opWrite, f.Name()); err != nil {
		n, _ := f.File.Write(b[:len(b)/2])
		return n, err
	}
	return f.File.Write(b)
}

// Sync returns when what was written is on the disk.
func (f *file) Sync() error {
	if err := f.disk.check(opSync, f.Name()); err != nil {
		return err
	}
	return f.File.Sync()
}

// Truncate cuts the file to size bytes.
func (f *file) Truncate(size int64) error {
	if err := f.disk.check(opTruncate, f.Name()); err != nil {
		return err
	}
	return f.File.Truncate(size)
}

func (d disk) rename(from, to string) error {
	if err := d.check(opRename, to); err != nil {
		return err
	}
	return os.Rename(from, to)
}

func (d disk) link(from, to string) error {
	if err := d.check(opLink, to); err != nil {
		return err
	}
	return os.Link(from, to)
}

// remove deletes the file if it is there.
func (d disk) remove(path string) error {
	if err := d.check(opRemove, path); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// syncDir makes what was renamed within the folder durable. Windows has no
// such call; its file systems order renames by themselves.
func (d disk) syncDir(path string) error {
	if err := d.check(opSyncDir, path); err != nil {
		return err
	}
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// replace puts a finished file in the place of path: either the former file is
// there afterwards, or the new one, whole and durable. A new file has the mode
// less the umask, another keeps that of the former one. What between does is
// done when the file is finished, before it takes the former one's place.
func (d disk) replace(path string, mode fs.FileMode, write func(io.Writer) error, between func() error) error {
	temporary := path + ".tmp"
	if err := d.remove(temporary); err != nil {
		return err
	}
	f, err := d.create(temporary, mode)
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil {
		err = f.likeFormer(path)
	}
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil && between != nil {
		err = between()
	}
	if err == nil {
		err = d.rename(temporary, path)
	}
	if err != nil {
		_ = d.remove(temporary) // a rest of it is removed by the next replace
		return err
	}
	return d.syncDir(filepath.Dir(path))
}

// probe finds out whether replace could write beside path: in a folder that
// may only be read it fails before anything depends on it.
func (d disk) probe(path string) error {
	temporary := path + ".probe"
	if err := d.remove(temporary); err != nil {
		return err
	}
	f, err := d.create(temporary, 0o644)
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), d.remove(temporary))
}

// likeFormer gives f the mode of the file at path, if there is one.
func (f *file) likeFormer(path string) error {
	former, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	now, err := f.Stat()
	if err != nil || now.Mode().Perm() == former.Mode().Perm() {
		return err
	}
	return f.Chmod(former.Mode().Perm())
}

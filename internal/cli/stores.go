package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hashicorp/hcl/v2"

	"herald/config"
	"herald/plan"
	"herald/state"
	"herald/state/filestore"
	"herald/state/httpstore"
	"herald/state/pgstore"
	"herald/state/s3store"
	"herald/state/seal"
)

// keeping is how a record is kept, as a configuration or a saved plan says.
type keeping struct {
	store      *config.Store      // nil: the local file
	encryption *config.Encryption // nil: none
}

// local reports whether the record is a file on this machine.
func (k keeping) local() bool { return k.store == nil || k.store.Type == config.StoreLocal }

// of returns a setting, or "".
func (k keeping) of(name string) string {
	if k.store == nil {
		return ""
	}
	return k.store.Settings[name]
}

// is reports whether a setting is true.
func (k keeping) is(name string) bool { return k.of(name) == "true" }

// keeping reads how the record of the configuration is kept. What is wrong
// elsewhere in the configuration does not matter.
func (a *App) keeping() (keeping, hcl.Diagnostics) {
	store, encryption, diags := config.Settings(a.dir)
	return keeping{store, encryption}, diags
}

// store opens the store of the configuration's record, or of the file that
// -state names, or of the local Instagram's record; nothing is read yet. The
// error may be hcl.Diagnostics.
func (a *App) store(r recordFlags, sandbox bool) (state.Store, error) {
	if sandbox {
		return a.sandboxStore(r), nil
	}
	k, diags := a.keeping()
	if diags.HasErrors() {
		return nil, diags
	}
	return a.openStore(k, r)
}

// planStore opens the store of a saved plan's record. Where the configuration
// is at hand and says that the record is kept elsewhere, it has moved since:
// then nothing is opened.
func (a *App) planStore(p *plan.Plan, r recordFlags, sandbox bool) (state.Store, error) {
	if sandbox {
		return a.sandboxStore(r), nil
	}
	if has, err := config.HasConfiguration(a.dir); err == nil && has && r.state == "" {
		// A configuration with errors decides nothing: the plan needs none.
		k, diags := a.keeping()
		if !diags.HasErrors() && !k.encryption.Same(p.Encryption) {
			return nil, refusal(fail("Encryption has changed", "The plan says that its record is encrypted otherwise than the configuration says now, so an apply of it would write the record for the former keys. Nothing was sent. Make the plan anew:\n\n  herald plan -out=FILE"))
		}
		if !diags.HasErrors() && !k.store.Same(p.Store) {
			return nil, refusal(fail("Record has moved", "The plan says that its record is kept in another place than the configuration says now, so what was recorded since may not be where the plan would look. Nothing was sent. Make the plan anew:\n\n  herald plan -out=FILE"))
		}
	}
	return a.openStore(keeping{p.Store, p.Encryption}, r)
}

// openStore opens a store. With -state it is that of a local file.
func (a *App) openStore(k keeping, r recordFlags) (state.Store, error) {
	if r.state != "" && !k.local() {
		return nil, k.failed("Record is not a file", fmt.Sprintf("The option -state names the file of a local record, and the record of this configuration is kept elsewhere: state %q. With another record, what that one holds would be sent again. Leave the option out; to bring what a file holds into the record:\n\n  herald state push FILE", k.store.Type))
	}
	sealer, err := a.sealer(k.encryption)
	if err != nil {
		return nil, err
	}
	return a.openSealed(k, r, sealer)
}

// openSealed opens a store whose record is encrypted by the sealer, if there
// is one.
func (a *App) openSealed(k keeping, r recordFlags, sealer state.Sealer) (state.Store, error) {
	if k.local() {
		path := r.state
		if path == "" {
			path = k.of("path")
		}
		if path == "" {
			path = stateFile
		}
		path = a.path(path)
		return filestore.New(filepath.Dir(path), filestore.Options{Path: filepath.Base(path), Sealer: sealer}), nil
	}
	lease, err := a.lease()
	if err != nil {
		return nil, err
	}
	switch k.store.Type {
	case config.StorePostgres:
		return pgstore.New(pgstore.Options{
			URL: a.env("HERALD_STATE_POSTGRES_URL"), Schema: k.of("schema"), Record: k.of("record"), Sealer: sealer, Lease: lease,
		}), nil
	case config.StoreS3:
		return s3store.New(s3store.Options{
			Bucket: k.of("bucket"), Key: k.of("key"), Region: k.of("region"), Endpoint: k.of("endpoint"),
			UsePathStyle: k.is("use_path_style"), Checksum: k.of("checksum"), Sealer: sealer, Lease: lease,
		}), nil
	case config.StoreHTTP:
		return a.httpStore(k, sealer)
	}
	return nil, k.failed("Unknown store", fmt.Sprintf("There is no store %q.", k.store.Type))
}

// failed returns an error at the state block.
func (k keeping) failed(summary, detail string) hcl.Diagnostics {
	d := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: detail}
	if k.store != nil && k.store.Range.Filename != "" {
		d.Subject = k.store.Range.Ptr()
	}
	return hcl.Diagnostics{d}
}

// sealer returns what encrypts the record, or nil where nothing does. Who may
// read stands in the configuration, and by which keys in the environment.
func (a *App) sealer(e *config.Encryption) (state.Sealer, error) {
	if e == nil {
		return nil, nil
	}
	o, err := a.keys()
	if err != nil {
		return nil, err
	}
	o.Recipients = e.Recipients
	return seal.New(o)
}

// secretOf returns a secret of the environment: the variable's value, or what
// the file holds that the variable with _FILE behind its name names; "" if there
// is neither.
func (a *App) secretOf(name string) (string, error) {
	value, file := a.env(name), a.env(name+"_FILE")
	switch {
	case value != "" && file != "":
		return "", fail("Two secrets", fmt.Sprintf("Both %s and %s_FILE are set, and it is not clear which one is meant. Take one of them out of the environment.", name, name))
	case file == "":
		return value, nil
	}
	text, err := os.ReadFile(a.path(file))
	if err != nil {
		return "", fail("Secret cannot be read", fmt.Sprintf("The file that %s_FILE names: %s.", name, err))
	}
	return string(text), nil
}

func fileStore(path string) *filestore.Store {
	return filestore.New(filepath.Dir(path), filestore.Options{Path: filepath.Base(path)})
}

// sandboxStore is the store of the local Instagram's record, which is a file of
// its own wherever the record of the configuration is kept.
func (a *App) sandboxStore(r recordFlags) state.Store {
	path := r.state
	if path == "" {
		path = filepath.Join(sandboxDir, stateFile)
	}
	path = a.path(path)
	return sandboxStore{Store: fileStore(path), dir: filepath.Dir(path)}
}

// home is the folder on this machine for what goes with a record: beside its
// file, or the configuration's for one that is kept elsewhere.
func (a *App) home(store state.Store) string {
	switch s := store.(type) {
	case *filestore.Store:
		return filepath.Dir(s.Location())
	case sandboxStore:
		return s.dir
	}
	return a.path(".")
}

// isFile reports whether the store is a file on this machine.
func isFile(store state.Store) bool {
	switch store.(type) {
	case *filestore.Store, sandboxStore:
		return true
	}
	return false
}

// elsewhere says where the record may be that was not found in the store: in
// the local file that was there before it moved, or where it has moved to. It
// returns nothing if there is no sign of one.
func (a *App) elsewhere(store state.Store) hcl.Diagnostics {
	const summary = "There is another record"
	if _, sandbox := store.(sandboxStore); sandbox {
		return nil
	}
	if moved := filestore.RetiredName(store.Location()); isFile(store) && exists(moved) {
		return fail(summary, fmt.Sprintf("No record was found at %s, but there was one that has moved: %s is what is left of it. Without the record everything would be sent again. Say in the configuration where it is kept now, herald { state \"…\" { … } }, or rename that file if the move is to be undone and nothing was sent since.", store.Location(), moved))
	}
	file := a.path(stateFile)
	k, diags := a.keeping()
	named := k.store != nil && (!isFile(store) || a.path(k.of("path")) == store.Location()) // and not by -state
	if diags.HasErrors() || !named || file == store.Location() || !exists(file) {
		return nil
	}
	return fail(summary, fmt.Sprintf("The configuration says that the record is kept at %s, and there is none; but there is one in %s. Without what it holds, all of it would be sent again. Move it:\n\n  herald state migrate -from=local:%s", store.Location(), file, stateFile))
}

// exists reports whether something is at the path, a dangling link too.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// notFound says that the store holds no record, and where it may be.
func (a *App) notFound(store state.Store) hcl.Diagnostics {
	if diags := a.elsewhere(store); diags.HasErrors() {
		return diags
	}
	return noRecord(store.Location(), formerly(store))
}

// formerly is where a store may still have a record that was there before.
func formerly(store state.Store) string {
	switch store.(type) {
	case *pgstore.Store:
		return "from a backup of the database, or by its recovery to a point in time, and see whether schema and name of the record are those of then"
	case *s3store.Store:
		return "from the former versions of its objects, if the bucket keeps versions, and see whether bucket and key are those of then"
	case *httpstore.Store:
		return "from the former versions that the server keeps (GitLab lists them under Operate, Terraform states), and see whether the address is that of then"
	}
	return ""
}

// failed reports an error of the store, and returns its exit code. A missing
// record is explained for this store.
func (a *App) failed(store state.Store, err error) int {
	if errors.Is(err, state.ErrNoRecord) {
		a.report(a.notFound(store))
	} else {
		a.report(failure(err))
	}
	return exitCode(err)
}

// asWarnings turns errors into warnings.
func asWarnings(diags hcl.Diagnostics) hcl.Diagnostics {
	for _, d := range diags {
		d.Severity = hcl.DiagWarning
	}
	return diags
}

package config

import (
	"errors"
	"fmt"
	"math/big"
	"os"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"herald/config/addr"
	"herald/config/funcs"
)

// Expand evaluates the configuration with the given values. The Wanted is
// whole where there are no errors, and not to be used otherwise.
func (c *Config) Expand(v Values) (*Wanted, hcl.Diagnostics) {
	w := &Wanted{Store: c.store, Encryption: c.encryption}
	diags := c.run(func(e *evaluator, root *os.Root) bool {
		vals, diags := c.values(v, root)
		e.diags = append(e.diags, diags...)
		if diags.HasErrors() {
			return false
		}
		e.vars = vals
		w.declared, w.values = c.variables, vals
		e.settleAfter(v.Env)
		return e.validate()
	}, w)
	return w, diags
}

// Validate checks what can be checked while no variable has a value: types,
// references, constants, and all that is made of them.
func (c *Config) Validate() hcl.Diagnostics {
	return c.run(func(e *evaluator, _ *os.Root) bool {
		e.unknown = true
		e.vars = make(map[string]cty.Value, len(c.variables))
		for _, v := range c.variables {
			val := cty.UnknownVal(v.typ)
			if v.sensitive {
				val = val.Mark(sensitive)
			}
			e.vars[v.name] = val
		}
		return true
	}, &Wanted{})
}

func (c *Config) run(variables func(*evaluator, *os.Root) bool, w *Wanted) hcl.Diagnostics {
	if c.broken {
		return hcl.Diagnostics{errorAt(dirRange(), "Configuration has errors", "The configuration was not loaded without errors, so it cannot be evaluated.")}
	}
	root, err := os.OpenRoot(c.dir)
	if err != nil {
		return hcl.Diagnostics{errorf(dirRange(), "No such directory", "The directory of the configuration, %q, cannot be opened: %s.", c.dir, reason(err))}
	}
	defer root.Close() //nolint:errcheck // it was only read from
	e := &evaluator{c: c, keys: map[addr.Block][]string{}, targets: map[addr.Instance]bool{}, w: w}
	e.ctx = &hcl.EvalContext{Variables: map[string]cty.Value{}, Functions: funcs.Table(root)}
	if variables(e, root) {
		e.run()
	}
	sortDiags(e.diags)
	return e.diags
}

// evaluator evaluates one configuration once.
type evaluator struct {
	c        *Config
	ctx      *hcl.EvalContext
	vars     map[string]cty.Value
	w        *Wanted
	accounts map[string]*Account
	// keys holds the instance keys of every block with for_each that has no
	// errors and whose keys are known.
	keys    map[addr.Block][]string
	unknown bool // variables have no values
	pending []pending
	targets map[addr.Instance]bool // messages that a reaction belongs to
	settle  *Account
	diags   hcl.Diagnostics
}

func (e *evaluator) add(d *hcl.Diagnostic) {
	if d != nil {
		e.diags = append(e.diags, d)
	}
}

// run evaluates everything, once the variables have their values.
func (e *evaluator) run() {
	e.ctx.Variables["var"] = cty.ObjectVal(e.vars)
	if !e.locals() {
		return
	}
	e.heraldBlock()
	e.accounts = make(map[string]*Account, len(e.c.accounts))
	for i := range e.c.accounts {
		acc := e.account(&e.c.accounts[i])
		if e.settle != nil {
			acc.SettleAfter = e.settle.SettleAfter
		}
		e.accounts[acc.Name] = acc
		e.w.Accounts = append(e.w.Accounts, acc)
	}
	e.sameAccounts()
	e.items()
	e.references()
	e.checkMovedAway()
	e.checkRemovedAway()
	e.imports()
	e.w.Moves, e.w.Removed = e.c.moved, e.c.removed
	if !e.diags.HasErrors() {
		e.outputs()
	}
}

// sameAccounts refuses two blocks for one account of Instagram.
func (e *evaluator) sameAccounts() {
	seen := map[string]*Account{}
	for _, acc := range e.w.Accounts {
		if other := seen[acc.IGID]; other != nil && acc.IGID != "" {
			e.add(errorf(acc.Range, "Duplicate account", "This account has the same ig_id as the account %s, at %s. One account has one block: its limits hold for all that is sent from it.", other.Name, place(other.Range)))
		}
		seen[acc.IGID] = acc
	}
}

// settleAfter reads the duration that the environment sets for every account.
func (e *evaluator) settleAfter(env func(string) (string, bool)) {
	if env == nil {
		return
	}
	text, ok := env(SettleAfterEnv)
	if !ok || text == "" {
		return
	}
	where := "<environment " + SettleAfterEnv + ">"
	src := newSource(where, []byte(text))
	e.c.sources[where] = src
	d, diag := duration(text, src.rangeOf(0, len(text)))
	e.add(diag)
	e.settle = &Account{SettleAfter: d}
}

// locals evaluates the locals, each after those that it refers to.
func (e *evaluator) locals() bool {
	done := make(map[string]cty.Value, len(e.c.localOrder))
	ok := true
	for _, l := range e.c.localOrder {
		if l.attr.expr == nil {
			done[l.attr.name] = l.attr.val
			continue
		}
		ctx := e.ctx
		if deps := localDeps(l); len(deps) > 0 {
			vals := make(map[string]cty.Value, len(deps))
			for _, name := range deps {
				vals[name] = done[name]
			}
			ctx = e.ctx.NewChild()
			ctx.Variables = map[string]cty.Value{"local": cty.ObjectVal(vals)}
		}
		val, diags := evaluate(l.attr.expr, ctx)
		if !diags.HasErrors() {
			if err := funcs.CheckSizeDeep(val); err != nil {
				diags = append(diags, tooLarge(l.decl.valueAt(l.attr), err))
			}
		}
		if diags.HasErrors() {
			e.diags = append(e.diags, diags...)
			val, ok = cty.DynamicVal, false
		}
		done[l.attr.name] = val
	}
	e.ctx.Variables["local"] = cty.ObjectVal(done)
	return ok
}

// validate checks the validation blocks of the variables.
func (e *evaluator) validate() bool {
	ok := true
	ctx := e.ctx.NewChild()
	ctx.Variables = map[string]cty.Value{"var": cty.ObjectVal(e.vars)}
	for _, v := range e.c.variables {
		for i := range v.decl.blocks {
			ok = e.validation(v, &v.decl.blocks[i], ctx) && ok
		}
	}
	return ok
}

func (e *evaluator) validation(v *variable, d *decl, ctx *hcl.EvalContext) bool {
	a := d.get("condition")
	val, diags := evaluate(a.expr, ctx)
	if diags.HasErrors() {
		e.diags = append(e.diags, diags...)
		return false
	}
	val, _ = val.Unmark()
	val, err := convert.Convert(val, cty.Bool)
	if err != nil || val.IsNull() || !val.IsKnown() {
		e.add(errorAt(d.valueAt(a), "Invalid condition", "A condition is true or false, and this one is neither. It says what must hold, as in length(var.name) > 0."))
		return false
	}
	if val.True() {
		return true
	}
	msg := d.get("error_message")
	text, secret, ok := e.text(d, msg, ctx)
	switch {
	case !ok:
		return false
	case secret:
		text = "The condition does not hold. (Its own message holds a sensitive value and is not shown.)"
	}
	e.add(errorf(d.valueAt(a), "Invalid value for a variable", "%s (This is a condition of the variable %s, declared at %s.)", text, v.name, place(v.decl.at())))
	return false
}

// evaluate evaluates an expression. What the libraries below panic on is an
// error like any other.
func evaluate(expr hcl.Expression, ctx *hcl.EvalContext) (val cty.Value, diags hcl.Diagnostics) {
	defer func() {
		if p := recover(); p != nil {
			val = cty.DynamicVal
			diags = hcl.Diagnostics{errorAt(expr.Range(), "Expression cannot be evaluated", "The values that meet in this expression cannot be put together. Evaluate it in smaller steps, as locals, to see which; names that look alike but are written with other characters are one cause.")}
		}
	}()
	val, diags = expr.Value(ctx)
	if !diags.HasErrors() {
		diags = append(diags, funcs.CheckEvaluatedKeys(expr, ctx)...)
		if err := funcs.CheckSize(val); err != nil {
			diags = append(diags, tooLarge(expr.Range(), err))
		}
	}
	if len(diags) == 0 {
		return val, nil
	}
	diags = polish(diags)
	for _, d := range diags {
		if d.Subject == nil {
			r := expr.Range()
			d.Subject = &r
		}
	}
	return val, diags
}

func tooLarge(at hcl.Range, err error) *hcl.Diagnostic {
	return errorf(at, "Value is too large", "%s.", upperFirst(err.Error()))
}

// value evaluates an attribute.
func (e *evaluator) value(a *attr, ctx *hcl.EvalContext) (cty.Value, bool) {
	if a.expr == nil {
		return a.val, true
	}
	val, diags := evaluate(a.expr, ctx)
	if diags.HasErrors() {
		e.diags = append(e.diags, diags...)
		return cty.DynamicVal, false
	}
	return val, true
}

// text evaluates an attribute that is a string; secret says that a sensitive
// value is part of it. It is not ok for an unknown value, or null.
func (e *evaluator) text(d *decl, a *attr, ctx *hcl.EvalContext) (s string, secret, ok bool) {
	if a == nil {
		return "", false, false
	}
	val, ok := e.value(a, ctx)
	if !ok {
		return "", false, false
	}
	if a.expr == nil && val.Type() == cty.String && !val.IsNull() {
		return val.AsString(), false, true
	}
	val, marks := val.UnmarkDeep()
	conv, err := convert.Convert(val, cty.String)
	if err != nil {
		e.add(errorf(d.valueAt(a), "Wrong type of argument", "%s is a string, and this is %s.", a.name, article(val.Type().FriendlyNameForConstraint())))
		return "", false, false
	}
	if conv.IsNull() || !conv.IsKnown() {
		return "", len(marks) > 0, false
	}
	return conv.AsString(), len(marks) > 0, true
}

// plainString evaluates an attribute that is a string and stands in the plan or
// the record, so that it cannot be sensitive.
func (e *evaluator) plainString(d *decl, a *attr) (string, bool) {
	s, secret, ok := e.text(d, a, e.ctx)
	if secret {
		e.add(sensitiveError(d, a, "stands in every plan"))
		return "", false
	}
	return s, ok
}

func sensitiveError(d *decl, a *attr, why string) *hcl.Diagnostic {
	return errorf(d.valueAt(a), "Sensitive value", "%s %s, so it cannot come from a sensitive value. If it is no secret, wrap it: nonsensitive(…).", a.name, why)
}

// number evaluates an attribute that is a number.
func (e *evaluator) number(d *decl, a *attr) (*big.Float, bool) {
	val, ok := e.value(a, e.ctx)
	if !ok {
		return nil, false
	}
	if val.ContainsMarked() {
		e.add(sensitiveError(d, a, "stands in every plan"))
		return nil, false
	}
	conv, err := convert.Convert(val, cty.Number)
	if err != nil {
		e.add(errorf(d.valueAt(a), "Wrong type of argument", "%s is a number, and this is %s.", a.name, article(val.Type().FriendlyNameForConstraint())))
		return nil, false
	}
	if conv.IsNull() || !conv.IsKnown() {
		return nil, false
	}
	return conv.AsBigFloat(), true
}

// whole evaluates an attribute that is a whole number from 1.
func (e *evaluator) whole(d *decl, a *attr) (int, bool) {
	f, ok := e.number(d, a)
	if !ok {
		return 0, false
	}
	n, acc := f.Int64()
	if acc != big.Exact || n < 1 || n > 1_000_000_000 {
		e.add(errorf(d.valueAt(a), "Invalid number", "%s is a whole number from 1.", a.name))
		return 0, false
	}
	return int(n), true
}

// heraldBlock evaluates the limits of a run.
func (e *evaluator) heraldBlock() {
	if e.c.herald == nil {
		return
	}
	d := e.c.herald.nested("limits")
	if d == nil {
		return
	}
	for i := range d.attrs {
		a := &d.attrs[i]
		n, ok := e.whole(d, a)
		if !ok {
			continue
		}
		switch a.name {
		case "max_sends":
			e.w.Limits.MaxSends = n
		case "max_sends_per_recipient":
			e.w.Limits.MaxSendsPerRecipient = n
		case "stop_after_failures":
			e.w.Limits.StopAfterFailures = n
		}
	}
}

// article puts "a" or "an" before a name.
func article(s string) string {
	if s == "" {
		return s
	}
	switch s[0] {
	case 'a', 'e', 'i', 'o', 'u':
		return "an " + s
	}
	return "a " + s
}

// errKey is returned for a key that cannot be used.
var errKey = errors.New("not a key")

// keyString returns the value of an instance key within a reference.
func keyString(val cty.Value) (string, error) {
	if val.ContainsMarked() {
		return "", fmt.Errorf("%w: it comes from a sensitive value, and keys stand in every plan", errKey)
	}
	conv, err := convert.Convert(val, cty.String)
	if err != nil {
		return "", fmt.Errorf("%w: it is %s and not a string", errKey, article(val.Type().FriendlyName()))
	}
	if conv.IsNull() {
		return "", fmt.Errorf("%w: it is null", errKey)
	}
	return conv.AsString(), nil
}

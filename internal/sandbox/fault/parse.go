package fault

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Parse reads a fault script; see Script. An error names the line.
func Parse(text string) (*Script, error) {
	script := &Script{}
	number := 0
	for line := range strings.Lines(text) {
		number++
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		r, err := parseRule(words)
		if err != nil {
			return nil, fmt.Errorf("fault script, line %d: %w", number, err)
		}
		r.line = number
		script.rules = append(script.rules, r)
	}
	return script, nil
}

func parseRule(words []string) (*rule, error) {
	r := &rule{}
	switch words[0] {
	case "post":
		r.method = "POST"
	case "get":
		r.method = "GET"
	case "any":
	default:
		return nil, fmt.Errorf("%q: a rule begins with post, get or any", words[0])
	}
	for i, word := range words[1:] {
		if word == "do" {
			return r, r.parseAction(words[i+2:])
		}
		if err := r.parseCondition(word); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("there is no do before the action")
}

func (r *rule) parseCondition(word string) (err error) {
	key, value, ok := strings.Cut(word, "=")
	if !ok || value == "" {
		return fmt.Errorf("%q is no condition: write key=value, then do and the action", word)
	}
	switch key {
	case "account":
		r.account = value
	case "recipient":
		r.recipient = value
	case "path":
		r.path = value
	case "kind":
		r.kind, err = parseKind(value)
	case "text":
		r.text = value
	case "nth":
		r.nth, err = parseCount(key, value)
	case "first":
		r.first, err = parseCount(key, value)
	case "after":
		r.after, err = parseCount(key, value)
	case "every":
		r.every, err = parseCount(key, value)
	case "times":
		r.times, err = parseCount(key, value)
	case "chance":
		r.hasChance = true
		if r.chance, err = strconv.ParseFloat(value, 64); err != nil || !(r.chance >= 0 && r.chance <= 1) {
			return fmt.Errorf("chance=%s: it must be a number from 0 to 1", value)
		}
	case "seed":
		r.hasSeed = true
		if r.seed, err = strconv.ParseUint(value, 10, 64); err != nil {
			return fmt.Errorf("seed=%s: it must be a whole number from 0", value)
		}
	default:
		return fmt.Errorf("the condition %q is unknown", key)
	}
	return err
}

func parseKind(value string) (string, error) {
	switch value {
	case "text", "image", "audio", "video", "sticker", "post",
		"react", "unreact", "typing_on", "typing_off", "mark_seen":
		return value, nil
	}
	return "", fmt.Errorf("kind=%s is no kind of message or reaction", value)
}

func parseCount(key, value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%s=%s: it must be a whole number from 1", key, value)
	}
	return n, nil
}

// parseAction reads what stands behind do.
func (r *rule) parseAction(words []string) error {
	if len(words) == 0 {
		return fmt.Errorf("there is no action behind do")
	}
	name, args := words[0], words[1:]
	r.effect.Name = name
	if bad, ok := strings.CutPrefix(name, "accept-then-"); ok && bad != "code" {
		return r.setReply(name, bad, args)
	}
	if bad, ok := strings.CutPrefix(name, "refuse-"); ok {
		if bad == "cut" || bad == "no-id" {
			return fmt.Errorf("the action %q is unknown", name)
		}
		r.effect.Refuse = true
		return r.setReply(name, bad, args)
	}
	switch name {
	case "accept-then-code":
		r.effect.Reply = Refusal
		return r.setError(name, args, nil)
	case "refuse":
		r.effect.Refuse = true
		return r.setError(name, args, nil)
	case "rate-limit":
		r.effect.Refuse = true
		return r.setError(name, args, &Error{Code: 613, Sub: 0})
	case "listing-code-1":
		r.listing, r.effect.Refuse, r.effect.Error = true, true, &Error{Code: 1, Sub: 0}
		return noArguments(name, args)
	case "stale-listing":
		return setDuration(&r.effect.Stale, name, args)
	case "delay":
		return setDuration(&r.effect.Delay, name, args)
	case "identity":
		if len(args) != 1 || !isID(args[0]) {
			return fmt.Errorf("identity takes one account id")
		}
		r.effect.Identity = args[0]
		return nil
	}
	return fmt.Errorf("the action %q is unknown", name)
}

func (r *rule) setReply(name, bad string, args []string) error {
	switch bad {
	case "drop":
		r.effect.Reply = Drop
	case "hang":
		r.effect.Reply = Hang
	case "cut":
		r.effect.Reply = Cut
	case "500":
		r.effect.Reply = Page
	case "garbage":
		r.effect.Reply = Garbage
	case "empty":
		r.effect.Reply = Empty
	case "no-id":
		r.effect.Reply = NoID
	default:
		return fmt.Errorf("the action %q is unknown", name)
	}
	return noArguments(name, args)
}

// setError reads C[/S] and what may follow it. Without a code it takes the
// default, where there is one.
func (r *rule) setError(name string, args []string, byDefault *Error) error {
	r.effect.Error = byDefault
	for i, arg := range args {
		key, value, ok := strings.Cut(arg, "=")
		switch {
		case !ok && i == 0:
			code, sub, err := parseCode(arg)
			if err != nil {
				return err
			}
			r.effect.Error = &Error{Code: code, Sub: sub}
		case r.effect.Error == nil:
			return fmt.Errorf("%s needs a code first, as in 10/2534022", name)
		case key == "status":
			status, err := strconv.Atoi(value)
			if err != nil || status < 200 || status > 599 {
				return fmt.Errorf("status=%s is no HTTP status", value)
			}
			r.effect.Error.Status = status
		case key == "regain":
			minutes, err := parseCount(key, value)
			if err != nil {
				return err
			}
			r.effect.Error.Regain = minutes
		default:
			return fmt.Errorf("%s does not know %q", name, arg)
		}
	}
	if r.effect.Error == nil {
		return fmt.Errorf("%s needs a code, as in 10/2534022", name)
	}
	return nil
}

func parseCode(s string) (code, sub int, err error) {
	first, second, both := strings.Cut(s, "/")
	code, err = strconv.Atoi(first)
	if err == nil && both {
		sub, err = strconv.Atoi(second)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("%q is no error code: write 100, or 100/33 with a subcode", s)
	}
	return code, sub, nil
}

func setDuration(into *time.Duration, name string, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("%s takes one duration, as in 250ms", name)
	}
	d, err := time.ParseDuration(args[0])
	if err != nil || d <= 0 {
		return fmt.Errorf("%s %s: that is no duration above 0", name, args[0])
	}
	*into = d
	return nil
}

func noArguments(name string, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%s takes nothing behind it", name)
	}
	return nil
}

// isID reports whether s could be an account's id: digits, and a plausible
// number of them.
func isID(s string) bool {
	return s != "" && len(s) <= 32 && strings.Trim(s, "0123456789") == ""
}

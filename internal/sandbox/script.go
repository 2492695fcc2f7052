package sandbox

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseScript reads a fault script. An error names the line.
func ParseScript(text string) (*Script, error) {
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

func parseKind(value string) (Kind, error) {
	switch kind := Kind(value); kind {
	case KindText, KindImage, KindAudio, KindVideo, KindSticker, KindPost,
		KindReact, KindUnreact, KindTypingOn, KindTypingOff, KindMarkSeen:
		return kind, nil
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
	r.effect.name = name
	if bad, ok := strings.CutPrefix(name, "accept-then-"); ok && bad != "code" {
		return r.setReply(name, bad, args)
	}
	if bad, ok := strings.CutPrefix(name, "refuse-"); ok {
		if bad == "cut" || bad == "no-id" {
			return fmt.Errorf("the action %q is unknown", name)
		}
		r.effect.refuse = true
		return r.setReply(name, bad, args)
	}
	switch name {
	case "accept-then-code":
		r.effect.reply = replyError
		return r.setError(name, args, nil)
	case "refuse":
		r.effect.refuse = true
		return r.setError(name, args, nil)
	case "rate-limit":
		r.effect.refuse = true
		return r.setError(name, args, errCode(613, 0))
	case "listing-code-1":
		r.listing, r.effect.refuse, r.effect.err = true, true, errCode(1, 0)
		return noArguments(name, args)
	case "stale-listing":
		return setDuration(&r.effect.stale, name, args)
	case "delay":
		return setDuration(&r.effect.delay, name, args)
	case "identity":
		if len(args) != 1 || !isNumericID(args[0]) {
			return fmt.Errorf("identity takes one account id")
		}
		r.effect.identity = args[0]
		return nil
	}
	return fmt.Errorf("the action %q is unknown", name)
}

func (r *rule) setReply(name, bad string, args []string) error {
	switch bad {
	case "drop":
		r.effect.reply = replyDrop
	case "hang":
		r.effect.reply = replyHang
	case "cut":
		r.effect.reply = replyCut
	case "500":
		r.effect.reply = reply500
	case "garbage":
		r.effect.reply = replyGarbage
	case "empty":
		r.effect.reply = replyEmpty
	case "no-id":
		r.effect.reply = replyNoID
	default:
		return fmt.Errorf("the action %q is unknown", name)
	}
	return noArguments(name, args)
}

// setError reads C[/S] and what may follow it. Without a code it takes the
// default, where there is one.
func (r *rule) setError(name string, args []string, byDefault *refusal) error {
	r.effect.err = byDefault
	for i, arg := range args {
		key, value, ok := strings.Cut(arg, "=")
		switch {
		case !ok && i == 0:
			code, sub, err := parseCode(arg)
			if err != nil {
				return err
			}
			r.effect.err = errCode(code, sub)
		case r.effect.err == nil:
			return fmt.Errorf("%s needs a code first, as in 10/2534022", name)
		case key == "status":
			status, err := strconv.Atoi(value)
			if err != nil || status < 200 || status > 599 {
				return fmt.Errorf("status=%s is no HTTP status", value)
			}
			r.effect.err.status = status
		case key == "regain":
			minutes, err := parseCount(key, value)
			if err != nil {
				return err
			}
			r.effect.err.regain = minutes
		default:
			return fmt.Errorf("%s does not know %q", name, arg)
		}
	}
	if r.effect.err == nil {
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

// Package content answers the question "what may a message hold?".
//
// It knows the kinds that Instagram takes, the limits of each, the canonical
// form of a content and its fingerprint: the value by which Herald tells that
// two sends are the same send.
//
// The facts are those of Meta's page "Send messages" of the Instagram API with
// Instagram Login, version 24.0. The package uses the standard library only.
package content

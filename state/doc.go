// Package state answers the question "what is known to have been sent?".
//
// The record holds one entry for each address and revision, never deletes one,
// and holds no message text and no token. An entry is written as an intent
// before its call, and again with the outcome after it, so whatever stops a
// run, the record tells what may have been sent.
//
// Model, file format and storage are three things: Entry and Record are the
// model, Encode and Decode the format, and a Store keeps both somewhere. The
// package knows nothing of HCL.
package state

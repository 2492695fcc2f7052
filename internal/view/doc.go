// Package view answers the question "what does a person, or a script, see?".
//
// For each thing that is shown there is one typed document (PlanDoc, RunDoc,
// Inbox, and smaller ones), built once from what the other packages know, and
// one small renderer for each format: text, JSON, Markdown, a page for the
// browser. A renderer decides how something looks, never what is said: a test
// holds that the formats of one document tell the same facts.
//
// Message texts, instance keys and everything else that a configuration or the
// network brings along are hostile: no renderer writes one but through package
// safe. Whether there is colour and how wide the terminal is come in through
// options; nothing is read from the environment.
package view

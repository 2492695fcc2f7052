// Package markdown answers the question "what does a pull request show of a
// plan or a run?".
//
// Plan and Run write a comment, or the summary of a job, within a budget of
// bytes; what does not fit is counted. A marker in its first line tells a
// comment of Herald's from any other.
package markdown

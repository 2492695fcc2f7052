// Package pace answers: when may the next call be made? It keeps the calls of
// one kind of one account under a ceiling over any one second, alone or
// together with other runs, and still reaches that ceiling. It knows nothing of
// what a call is.
package pace

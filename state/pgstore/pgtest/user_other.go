//go:build !unix

package pgtest

import "syscall"

// ordinaryUser says that the server cannot be run here.
func ordinaryUser(string) (*syscall.SysProcAttr, error) { return nil, errMissing }

func alive(int) bool { return false }

func signal(int, syscall.Signal) {}

//go:build unix

package postgres

import (
	"errors"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// owner is the user that owns a cluster; without a credential, the current user.
type owner struct{ credential *syscall.Credential }

// findOwner finds another user if the current user is root, which PostgreSQL refuses: the package's user, or the
// unprivileged one.
func findOwner() (owner, error) {
	if os.Geteuid() != 0 {
		return owner{}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return owner{}, err
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return owner{}, err
		}
		return owner{&syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
	}
	return owner{}, errors.New("it does not run as root, and there is no user postgres or nobody")
}

// take gives a folder to the owner.
func (o owner) take(folder string) error {
	if o.credential == nil {
		return nil
	}
	return os.Chown(folder, int(o.credential.Uid), int(o.credential.Gid))
}

// run makes a command run as the owner.
func (o owner) run(c *exec.Cmd) {
	if o.credential != nil {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: o.credential}
	}
}

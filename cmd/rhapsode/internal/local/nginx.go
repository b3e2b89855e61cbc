package local

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"time"

	"rhapsode/internal/fault"
)

// FindNginx returns nginx's path, or "" if there is none. Debian keeps it where
// only root's PATH leads.
func FindNginx() string {
	for _, name := range []string{"nginx", "/usr/sbin/nginx", "/usr/local/sbin/nginx"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

const installTimeout = 3 * time.Minute

// packageManagers are the ways to nginx, each a list of commands of which the
// last decides.
var packageManagers = map[string][][]string{
	"apt-get": {{"apt-get", "update", "-q"}, {"apt-get", "install", "-q", "-y", "--no-install-recommends", "nginx"}},
	"dnf":     {{"dnf", "install", "-q", "-y", "nginx"}},
}

// InstallNginx installs nginx with the machine's package manager and returns its
// path. Unavailable: this is not root, or there is no way to have it.
func InstallNginx(ctx context.Context) (string, error) {
	if os.Geteuid() != 0 {
		return "", fault.Newf(fault.Unavailable, "install nginx", "only root may")
	}
	ctx, cancel := context.WithTimeout(ctx, installTimeout)
	defer cancel()
	for manager, commands := range packageManagers {
		if _, err := exec.LookPath(manager); err != nil {
			continue
		}
		if err := install(ctx, commands); err != nil {
			return "", err
		}
		if path := FindNginx(); path != "" {
			return path, nil
		}
	}
	return "", fault.Newf(fault.Unavailable, "install nginx", "neither apt-get nor dnf has it")
}

func install(ctx context.Context, commands [][]string) error {
	var err error
	for _, c := range commands {
		cmd := exec.CommandContext(ctx, c[0], c[1:]...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1") // in which init starts nothing
		var said []byte
		if said, err = cmd.CombinedOutput(); err != nil {
			lines := bytes.Split(bytes.TrimSpace(said), []byte("\n"))
			err = fault.Newf(fault.Unavailable, "install nginx", "%s: %w: %s", c[0], err, lines[len(lines)-1])
		}
	}
	if err == nil {
		// Debian's systemd starts what is installed. The one on port 80 is not
		// ours; where nothing runs, this fails and has nothing to do.
		exec.CommandContext(ctx, "systemctl", "disable", "--now", "--quiet", "nginx").Run()
	}
	return err
}

package check

import (
	"strings"
)

// Licences are what may be published under: the beginnings of URLs, without
// scheme, "www." and case; or identifiers of SPDX, which hold no slash.
type Licences []string

// OpenLicences are the families that are known to allow that a work is copied
// and passed on.
var OpenLicences = Licences{
	"creativecommons.org/licenses/by/", "creativecommons.org/licenses/by-sa/",
	"creativecommons.org/licenses/by-nd/", "creativecommons.org/licenses/by-nc/",
	"creativecommons.org/licenses/by-nc-sa/", "creativecommons.org/licenses/by-nc-nd/",
	"creativecommons.org/licenses/by-nd-nc/", // as version 1.0 spelled it
	"creativecommons.org/publicdomain/zero/", "creativecommons.org/publicdomain/mark/",
	"gnu.org/licenses/fdl", "gnu.org/licenses/gpl", "gnu.org/licenses/lgpl", "gnu.org/copyleft/fdl",
	"opensource.org/licenses/", "opensource.org/license/", "apache.org/licenses/license-2.0",
	"artlibre.org/licence/", "spdx.org/licenses/cc-", "spdx.org/licenses/gfdl-", "spdx.org/licenses/mit", "spdx.org/licenses/apache-",
	"cc-by-1.0", "cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0", "cc-by-nd-4.0",
	"cc-by-nc-4.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0", "cc-by-nc-nd-4.0", "cc0-1.0", "gfdl-1.2-or-later", "gfdl-1.3-or-later",
	"mit", "apache-2.0", "gpl-3.0-or-later",
}

// Allow says whether url names one of them.
func (ls Licences) Allow(url string) bool {
	u := strings.ToLower(strings.TrimSpace(url))
	u = strings.TrimPrefix(strings.TrimPrefix(u, "https://"), "http://")
	u = strings.TrimPrefix(u, "www.")
	for _, l := range ls {
		if u == l || strings.Contains(l, "/") && strings.HasPrefix(u, l) {
			return true
		}
	}
	return false
}

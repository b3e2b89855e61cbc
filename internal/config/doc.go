// Package config turns flags, environment, file and defaults, in this order of
// precedence, into one plain struct for each part of the program. viper is
// known here only, and config is known to cmd only.
//
// The structs are the list of settings: a field's tags give its key, its
// default and its usage. The setting "max-body" of the part "repo-api" is
//
//	the flag         --max-body          of the command repo-api
//	the environment  RHAPSODE_REPO_API_MAX_BODY
//	the file         repo-api: {max-body: …}, YAML or TOML by its ending
//
// One file serves all parts. A key that no part knows is an error, whichever
// part reads the file, and so is a value that makes no sense: nothing starts
// with settings other than those it was given. All errors are fault.Invalid.
package config

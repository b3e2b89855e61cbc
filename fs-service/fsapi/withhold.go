package fsapi

import (
	"context"

	"rhapsode/content"
	"rhapsode/fs-service/access"
)

// Withholder keeps from everybody what the law demands to be kept from them. It takes who may
// withhold (access.Withhold). To all others a Reader, a Writer and Git then return Withheld, with
// the reason and who carries it out (fault.Error.Facts), if they may know of the repository at all.
// An edition is withheld by its number, by its commit, as what was made of it, and as a tag of git's; what
// is on a branch, or reachable from one, is not: that takes the takedown of the repository.
type Withholder interface {
	// Takedowns returns those of a repository, the lifted ones too, the oldest first.
	Takedowns(ctx context.Context, repo content.RepoID) (access.Takedowns, error)

	// TakeDown begins one, and lifts the one that says otherwise of the same; By and At are who asks
	// and when. NotFound: the repository or the edition. Invalid: Check. TooLarge: there are too many.
	TakeDown(ctx context.Context, repo content.RepoID, t access.Takedown) (access.Takedown, error)

	// Lift ends the one in force of an edition, or of the whole repository. NotFound: there is none.
	Lift(ctx context.Context, repo content.RepoID, edition content.RefName) error
}

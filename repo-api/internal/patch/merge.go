package patch

// merge is MergePatch of RFC 7396, 2. What isn't an object is taken for an empty
// one; new members come last.
func merge(target, patch *node) *node {
	if patch.kind != object {
		return patch
	}
	if target == nil || target.kind != object {
		target = newObject()
	}
	for _, change := range patch.members {
		if change.value.isNull() {
			target.unset(change.name)
		} else {
			target.set(change.name, merge(target.get(change.name), change.value))
		}
	}
	return target
}

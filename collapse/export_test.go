package collapse

// Tree is tested by itself: a [Builder] shows little of it.
type Tree = tree

// Package flame makes flame graphs of running programs.
//
// [Load] gets profiles from targets, files and readers, decodes whatever format
// they are in and merges them into one call tree; [Render] draws it as one SVG
// file that is a picture, the whole profile and a viewer at once:
//
//	target, err := flame.Target("localhost:6060", fetch.TargetOptions{Seconds: 10})
//	loaded, err := flame.Load(ctx, flame.Options{}, target)
//	err = flame.Render(w, loaded.Profile, svg.Options{})
//
// A program can also serve its own flame graphs: [Handler] is an http.Handler to
// mount wherever suits. Importing the package registers nothing.
//
// The command line tool of the same name is a shell around this package.
package flame

// Package serve is the web service of flame: it shows the profiles of a store,
// merges and compares them, takes pushed ones in and captures new ones on demand.
//
// [New] makes an http.Handler without a listener and without flags. Its API is
// under /api/v1 and described by the OpenAPI document at /api/v1/openapi.json; its
// pages are a small program of ours in the browser that uses nothing but that API.
//
// # Safety
//
// Requests that change something must not come from another site's page
// (http.CrossOriginProtection). Without [Options.Auth] the service answers only to
// names of this machine, so that no page can reach it by a name of its own that
// leads here. Whatever a profile holds is text: pages make elements from it, never
// markup, and their policy allows only the service's own scripts and, in a flame
// graph, those whose hashes are the viewer's.
package serve

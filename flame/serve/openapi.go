package serve

import (
	"encoding/json"
	"net/http"
	"sync"
)

type object = map[string]any

// openAPI is the description of the API, by the OpenAPI specification 3.0.
var openAPI = sync.OnceValue(func() []byte {
	b, err := json.MarshalIndent(object{
		"openapi": "3.0.3",
		"info": object{
			"title": "flame", "version": "1", "license": object{"name": "MIT"},
			"description": "Profiles of many programs: find, merge, compare, push and capture them. Errors are JSON with error, hint and status.",
		},
		"servers":    []object{{"url": "/"}},
		"security":   []object{{}, {"basic": []string{}}, {"bearer": []string{}}},
		"tags":       []object{{"name": "find"}, {"name": "draw"}, {"name": "push"}, {"name": "capture"}, {"name": "operate"}},
		"paths":      openPaths(),
		"components": openComponents(),
	}, "", " ")
	if err != nil {
		panic(err) // it is made of strings
	}
	return b
})

func (s *Server) getOpenAPI(w http.ResponseWriter, r *http.Request) error {
	return writeBody(w, r, "application/json; charset=utf-8", openAPI())
}

// param describes a parameter of the query.
func param(name, text string, schema object) object {
	return object{"name": name, "in": "query", "description": text, "schema": schema}
}

func required(p object) object {
	p["required"] = true
	return p
}

func enum(words ...string) object { return object{"type": "string", "enum": words} }

var (
	textSchema = object{"type": "string"}
	listSchema = object{"type": "array", "items": textSchema}
)

func rangeParams(prefix string) []object {
	return []object{
		param(prefix+"query", `A selector in PromQL's form: {service="api",env=~"prod.*"}. Without it every profile is meant.`, textSchema),
		param(prefix+"from", "The first time: RFC 3339, seconds since 1970, or now-1h. Default: an hour before until.", textSchema),
		param(prefix+"until", "The time after the last. Default: now.", textSchema),
	}
}

func mergeParams(prefix string) []object {
	return append(rangeParams(prefix), param(prefix+"id", "Single profiles by their ids, in place of a query and a time.", listSchema))
}

func typeParam() object { return param("type", "What was profiled: cpu, heap, …", textSchema) }

func outputParams() []object {
	return []object{
		param("format", "Default: html for browsers, else pb.gz.", enum("svg", "html", "pb.gz", "folded", "json", "speedscope")),
		param("sample", "The sample type by name, or by number from 0. Default: the profile's own.", textSchema),
		param("title", "Title of the picture.", textSchema),
		param("colors", "Palette of the picture.", textSchema),
		param("inverted", "1 puts the root on top.", enum("0", "1")),
		param("download", "1 has a browser save the answer.", enum("0", "1")),
	}
}

// operation describes one: its answer is of the content type given.
func operation(tag, id, summary, content string, params ...[]object) object {
	all := []object{}
	for _, p := range params {
		all = append(all, p...)
	}
	schema := object{"type": "object"}
	if content != "application/json" {
		schema = object{"type": "string", "format": "binary"}
	}
	return object{
		"tags": []string{tag}, "operationId": id, "summary": summary, "parameters": all,
		"responses": object{
			"200":     object{"description": "As asked for.", "content": object{content: object{"schema": schema}}},
			"default": object{"$ref": "#/components/responses/Error"},
		},
	}
}

func withStatus(op object, status string) object {
	answers := op["responses"].(object)
	answers[status] = answers["200"]
	delete(answers, "200")
	return op
}

func withBody(op object, content string, schema object) object {
	op["requestBody"] = object{"required": true, "content": object{content: object{"schema": schema}}}
	return op
}

func openPaths() object {
	const js, any = "application/json", "application/octet-stream"
	list := func(p ...object) []object { return p }
	binary := object{"type": "string", "format": "binary"}
	id := list(object{"name": "id", "in": "path", "required": true, "description": "Of a capture.", "schema": textSchema})
	get := func(op object) object { return object{"get": op} }
	return object{
		"/api/v1/services": get(operation("find", "services", "All services and the types of their profiles.", js)),
		"/api/v1/labels":   get(operation("find", "labels", "The values of each label among the profiles that match.", js, rangeParams(""), list(typeParam()))),
		"/api/v1/types":    get(operation("find", "types", "The types of a service's profiles.", js, list(required(param("service", "The service.", textSchema))))),
		"/api/v1/series": get(operation("find", "series", "Totals over time: [seconds since 1970, value, profiles] for each step.", js, rangeParams(""),
			list(required(typeParam()), param("step", "Length of a step, as 1m.", textSchema), param("by", "Labels to keep apart.", listSchema)))),
		"/api/v1/profiles": object{
			"get": operation("find", "profiles", "The single profiles that match.", js, rangeParams(""),
				list(typeParam(), param("limit", "At most so many, default 1000.", object{"type": "integer", "minimum": 1, "maximum": maxProfiles}))),
			"post": withBody(withStatus(operation("push", "push", "Store a profile: pprof, folded stacks or a flame graph of flame. Every parameter not listed is a label. The answer comes when it is durable.", js,
				list(required(param("service", "Of which program it is.", textSchema)), typeParam(),
					param("time", "When the capture began. Default: the profile's own time, else now.", textSchema),
					param("duration", "How long it took, as 10s. Default: the profile's own.", textSchema))), "201"), any, binary),
		},
		"/api/v1/profile": get(operation("draw", "profile", "One profile; as pb.gz exactly as it was stored.", any, list(required(param("id", "Its id.", textSchema))), outputParams())),
		"/api/v1/merge":   get(operation("draw", "merge", "One profile made of all that match: counters added, gauges averaged.", any, mergeParams(""), list(typeParam()), outputParams())),
		"/api/v1/diff": get(operation("draw", "diff", "What changed from before to after.", any, mergeParams("before_"), mergeParams("after_"),
			list(typeParam(), param("normalize", "1 (default) scales before to the total of after.", enum("0", "1"))), outputParams())),
		"/api/v1/top": get(operation("draw", "top", "The functions that cost the most.", js, mergeParams(""),
			list(typeParam(), param("sample", "The sample type.", textSchema), param("sort", "Default flat.", enum("flat", "cum")),
				param("limit", "At most so many, default 100.", object{"type": "integer", "minimum": 1, "maximum": 10000})))),
		"/api/v1/targets": get(operation("operate", "targets", "All targets, and how each of their profiles does.", js)),
		"/api/v1/status":  get(operation("operate", "status", "Version, the store's state, and who you are.", js)),
		"/api/v1/captures": object{
			"get": operation("capture", "captures", "Captures under way and lately done, the newest first.", js),
			"post": withBody(withStatus(operation("capture", "capture", "Take a profile of some targets now. One that is under way is joined.", js), "202"), js,
				object{"$ref": "#/components/schemas/Wish"}),
		},
		"/api/v1/captures/{id}": object{
			"get":    operation("capture", "captureState", "How a capture does.", js, id),
			"delete": operation("capture", "captureCancel", "Cancel a capture. What others wait for goes on.", js, id),
		},
		"/api/v1/captures/{id}/events": get(operation("capture", "captureEvents", "The same as server-sent events: progress, and done at the end.", "text/event-stream", id)),
		"/api/v1/openapi.json":         get(operation("operate", "openapi", "This document.", js)),
		"/ingest": object{"post": withBody(operation("push", "ingest", "Store a profile as clients of Pyroscope send it.", "text/plain",
			list(required(param("name", "app{env=prod}", textSchema)), param("from", "Seconds since 1970, or finer.", textSchema), param("until", "The end.", textSchema),
				param("format", "Of a body that is no form.", enum("pprof", "groups", "folded", "lines")))), any, binary)},
		"/-/healthy": get(operation("operate", "healthy", "Whether flame runs.", "text/plain")),
		"/-/ready":   get(operation("operate", "ready", "Whether it can answer.", "text/plain")),
		"/-/reload":  object{"post": operation("operate", "reload", "Read the configuration again.", "text/plain")},
		"/metrics":   get(operation("operate", "metrics", "Metrics in Prometheus's format.", "text/plain")),
	}
}

func openComponents() object {
	return object{
		"securitySchemes": object{
			"basic":  object{"type": "http", "scheme": "basic"},
			"bearer": object{"type": "http", "scheme": "bearer"},
		},
		"responses": object{"Error": object{
			"description": "What went wrong, and what to do.",
			"content":     object{"application/json": object{"schema": object{"$ref": "#/components/schemas/Error"}}},
		}},
		"schemas": object{
			"Error": object{"type": "object", "required": []string{"error", "status"}, "properties": object{
				"error": textSchema, "hint": textSchema, "status": object{"type": "integer"}}},
			"Wish": object{"type": "object", "required": []string{"targets"}, "properties": object{
				"targets": listSchema, "profile": textSchema, "seconds": object{"type": "integer", "minimum": 1}}},
		},
	}
}

package flame

import (
	"errors"
	"strings"
	"testing"
	"time"

	"flame/collapse"
)

// A profile of nothing says what that means for its kind.
func TestEmptyReason(t *testing.T) {
	tests := []struct {
		types  []string
		values []int64
		want   string
	}{
		{[]string{"samples", "cpu"}, nil, "used no CPU in 5 s; put it under load"},
		{[]string{"contentions", "delay"}, nil, "SetMutexProfileFraction"},
		{[]string{"alloc_space", "inuse_space"}, nil, "MemProfileRate"},
		{[]string{"alloc_space", "inuse_space"}, []int64{5, 0}, "all its values of inuse_space are 0, but not those of alloc_space; choose one with -sample_index"},
		{[]string{"goroutine"}, nil, "has no samples in 5 s"},
		{[]string{"goroutine"}, []int64{1}, ""},
		{[]string{"goroutine"}, []int64{-1}, ""},
	}
	for _, tt := range tests {
		b := collapse.NewBuilder(len(tt.types), collapse.Limits{})
		if tt.values != nil {
			b.AddStack([]collapse.FrameID{b.Frame(collapse.Frame{Name: "f"})}, tt.values...)
		}
		var types []collapse.ValueType
		for _, name := range tt.types {
			types = append(types, collapse.ValueType{Type: name})
		}
		p, err := b.Profile(types, len(types)-1)
		if err != nil {
			t.Fatal(err)
		}
		p.Meta = collapse.Meta{Source: "host", Duration: 5 * time.Second}
		err = checkEmpty(p)
		var empty *EmptyError
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%v: %v", tt.types, err)
		case tt.want != "" && (!errors.As(err, &empty) || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%v: %v, want %q", tt.types, err, tt.want)
		}
	}
}

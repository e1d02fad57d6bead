// SPDX-License-Identifier: Apache-2.0

package ws_test

import (
	"reflect"
	"testing"

	"github.com/wsspec/wsspec/internal/ws"
)

func TestParseExtensions(t *testing.T) {
	flag := func(name string) ws.Param { return ws.Param{Name: name} }
	value := func(name, v string) ws.Param { return ws.Param{Name: name, Value: v, HasValue: true} }
	quoted := func(name, v string) ws.Param { return ws.Param{Name: name, Value: v, HasValue: true, Quoted: true} }
	tests := []struct {
		name   string
		fields []string
		want   []ws.Extension
	}{
		{"no header", nil, nil},
		{"a name", []string{"mux"}, []ws.Extension{{Name: "mux"}}},
		{"RFC 6455, 9.1, several", []string{"mux; max-channels=4; flow-control, deflate-stream"}, []ws.Extension{
			{Name: "mux", Params: []ws.Param{value("max-channels", "4"), flag("flow-control")}},
			{Name: "deflate-stream"}}},
		{"RFC 6455, 9.1, a parameter that is only a token", []string{"private-extension; x-token"}, []ws.Extension{
			{Name: "private-extension", Params: []ws.Param{flag("x-token")}}}},
		{"RFC 6455, 9.1, split over fields", []string{"foo", "bar; baz=2"}, []ws.Extension{
			{Name: "foo"}, {Name: "bar", Params: []ws.Param{value("baz", "2")}}}},
		{"quoted value", []string{`x; y="10"`}, []ws.Extension{{Name: "x", Params: []ws.Param{quoted("y", "10")}}}},
		{"quoted value with escapes", []string{`x; y="\1\0"`}, []ws.Extension{{Name: "x", Params: []ws.Param{quoted("y", "10")}}}},
		{"repeated parameter and offer", []string{"x; y; y=1, x"}, []ws.Extension{
			{Name: "x", Params: []ws.Param{flag("y"), value("y", "1")}}, {Name: "x"}}},
		{"blanks everywhere", []string{" x ;\ty = 1 , z "}, []ws.Extension{
			{Name: "x", Params: []ws.Param{value("y", "1")}}, {Name: "z"}}},
		{"no blanks", []string{"x;y=1,z"}, []ws.Extension{
			{Name: "x", Params: []ws.Param{value("y", "1")}}, {Name: "z"}}},
		{"empty elements", []string{", x,, y,", ""}, []ws.Extension{{Name: "x"}, {Name: "y"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ws.ParseExtensions(tt.fields)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestParseExtensionsErrors(t *testing.T) {
	tests := []struct {
		fields []string
		want   string
	}{
		{[]string{""}, "Sec-WebSocket-Extensions: the header names no extension"},
		{[]string{" , ", ""}, "Sec-WebSocket-Extensions: the header names no extension"},
		{[]string{"; x"}, `Sec-WebSocket-Extensions, octet 1: ";" where the name of an extension should be`},
		{[]string{"x;"}, "Sec-WebSocket-Extensions, octet 3: end of field where the name of a parameter should be"},
		{[]string{"x; =1"}, `Sec-WebSocket-Extensions, octet 4: "=" where the name of a parameter should be`},
		{[]string{"x; y=, z"}, `Sec-WebSocket-Extensions, octet 6: "," where the value of a parameter should be`},
		{[]string{"x; y="}, "Sec-WebSocket-Extensions, octet 6: end of field where the value of a parameter should be"},
		{[]string{"x y"}, `Sec-WebSocket-Extensions, octet 3: "y" where ',' or ';' should be`},
		{[]string{"x=1"}, `Sec-WebSocket-Extensions, octet 2: "=" where ',' or ';' should be`},
		{[]string{`x; y=""`}, "Sec-WebSocket-Extensions, octet 6: quoted value is empty, so it is not a token"},
		{[]string{`x; y="a b"`}, `Sec-WebSocket-Extensions, octet 8: " " in a quoted value, which has to be a token`},
		{[]string{`x; y="a\"b"`}, `Sec-WebSocket-Extensions, octet 9: "\"" in a quoted value, which has to be a token`},
		{[]string{`x; y="ab`}, "Sec-WebSocket-Extensions, octet 6: quoted value has no end"},
		{[]string{`x; y="ab\`}, `Sec-WebSocket-Extensions, octet 9: "\\" in a quoted value, which has to be a token`},
		{[]string{`x; y="1"2`}, `Sec-WebSocket-Extensions, octet 9: "2" where ',' or ';' should be`},
		{[]string{"x", "ü"}, `Sec-WebSocket-Extensions, field 2, octet 1: "\xc3" where the name of an extension should be`},
		{[]string{"x\x00"}, `Sec-WebSocket-Extensions, octet 2: "\x00" where ',' or ';' should be`},
	}
	for _, tt := range tests {
		xs, err := ws.ParseExtensions(tt.fields)
		if err == nil {
			t.Errorf("ParseExtensions(%q) = %v, want error %q", tt.fields, xs, tt.want)
		} else if err.Error() != tt.want {
			t.Errorf("ParseExtensions(%q):\ngot  %s\nwant %s", tt.fields, err, tt.want)
		}
	}
}

func TestFormatExtensions(t *testing.T) {
	for _, header := range []string{
		"mux; max-channels=4; flow-control, deflate-stream",
		`permessage-deflate; client_max_window_bits; server_max_window_bits="10"`,
	} {
		xs, err := ws.ParseExtensions([]string{header})
		if err != nil {
			t.Fatal(err)
		}
		if got := ws.FormatExtensions(xs); got != header {
			t.Errorf("got %q, want %q", got, header)
		}
	}
}

func FuzzParseExtensions(f *testing.F) {
	for _, seed := range []string{"", "x", "x; y=1, z", `x ; y = "\1\0" ,, z`, `x; y="`, "x;;", "x\ty"} {
		f.Add(seed, "")
		f.Add("a; b", seed)
	}
	f.Fuzz(func(t *testing.T, one, two string) {
		xs, err := ws.ParseExtensions([]string{one, two})
		if err != nil {
			if xs != nil {
				t.Fatalf("extensions %v beside error %v", xs, err)
			}
			return
		}
		text := ws.FormatExtensions(xs)
		again, err := ws.ParseExtensions([]string{text})
		if err != nil {
			t.Fatalf("%q was printed as %q: %v", []string{one, two}, text, err)
		}
		if !reflect.DeepEqual(again, xs) {
			t.Fatalf("%q was printed as %q: got %+v, want %+v", []string{one, two}, text, again, xs)
		}
	})
}

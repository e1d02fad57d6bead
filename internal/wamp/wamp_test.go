// SPDX-License-Identifier: Apache-2.0

package wamp

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/golden"
)

func written(t testing.TB) []byte {
	var b bytes.Buffer
	if err := Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The file is the same each time, and right by its own check.
func TestWrite(t *testing.T) {
	b := written(t)
	golden.Check(t, "samples.json", b)
	n, findings, err := Check(b)
	if n != 41 || len(findings) > 0 || err != nil {
		t.Errorf("%d messages, %q, %v", n, findings, err)
	}
}

// Octets worked out by hand from the specification of MessagePack.
func TestMsgPackByHand(t *testing.T) {
	for i, want := range map[int]string{
		0:  "9301" + "a67265616c6d31" + "81a5726f6c6573" + "81aa73756273637269626572" + "80", // HELLO
		18: "9243ce0001e240",                                                                 // UNREGISTERED
		19: "9342ce0001e240ce000c0a83",                                                       // UNREGISTER
		17: "9430ce0001e24081a774696d656f7574cd2710b4" + hex.EncodeToString([]byte(procedure)),
	} {
		got, err := Samples()[i].AppendMsgPack(nil)
		if err != nil || hex.EncodeToString(got) != want {
			t.Errorf("%v: %x, %v, want %s", Samples()[i], got, err, want)
		}
	}
}

func TestCheckFinds(t *testing.T) {
	one := func(rmsg, json, msgpack string) string {
		return "[\n{\"name\": \"x\", \"rmsg\": " + rmsg + ", \"json\": " + json + ", \"msgpack\": " + msgpack + "}\n]"
	}
	good := `"9243ce0001e240"`
	for _, c := range []struct{ file, want string }{
		{"", "line 1: want an array of messages"},
		{"{}", "line 1: want an array of messages"},
		{"[\n1", "line 2: the array does not end"},
		{"[\n1, 2}", "line 2"},
		{"[\n\n{\"rmsg\": }]", "line 3: message 1: invalid character"},
		{one("[67,1]", `"[67,1]"`, `"924301"`) + " x", "line 3: there is something behind the array"},
		{"[1]", "message 1: 1 is not an object"},
		{"[null]", "message 1: null is not an object"},
		{"[{}]", "message 1: rmsg: there is none"},
		{one("7", `""`, good), "line 2: message 1: rmsg: 7 is not a list"},
		{one("[]", `""`, good), "rmsg: the list is empty"},
		{one("[7]", `""`, good), "rmsg: 7 is not the code of a type of message"},
		{one("[67]", `""`, good), "rmsg: UNREGISTERED has 0 fields: want 1 to 2"},
		{one("[48,1,{},\"\"]", `""`, good), `CALL: Procedure is "": want a string that is not empty`},
		{one("[48,1.5,{},\"a\"]", `""`, good), `CALL: Request is 1.5: want an id`},
		{one("[48,1,[],\"a\"]", `""`, good), `CALL: Options is []: want an object`},
		{one("[48,1,{},\"a\",{}]", `""`, good), `CALL: Arguments is {}: want an array`},
		{one("[8,7,1,{},\"a\"]", `""`, good), `ERROR: RequestType is 7: want the code`},
		{one("[67,123456]", `"[67,123457]"`, good), "UNREGISTERED: json: [1] is 123457: rmsg has 123456"},
		{one("[67,123456]", `"[67,123456"`, good), "UNREGISTERED: json: no JSON"},
		{one("[67,123456]", `"[67,123456]]"`, good), "UNREGISTERED: json: there is something behind the list"},
		{one("[67,123456]", `7`, good), "UNREGISTERED has no json, a string"},
		{one("[67,123456]", `"[67,123456]"`, `"xy"`), "msgpack: not hex"},
		{one("[67,123456]", `"[67,123456]"`, `"9243ce0001e241"`), "msgpack: [1] is 123457: rmsg has 123456"},
		{one("[67,123456]", `"[67,123456]"`, `"9243ce0001e24000"`), "msgpack: 1 octets behind the list"},
		{one("[67,123456]", `"[67,123456]"`, `"9243ce0001"`), "msgpack: no MessagePack, at octet"},
		{one("[67,123456]", `"[67,123456]"`, `"c0"`), "msgpack: not a list"},
		{one("[67,123456]", `"[67,123456]"`, `"`+strings.Repeat("91", 5000)+`"`), "msgpack: no MessagePack"},
		{one(`[67,1,{"a":"x"}]`, `"[67,1,{\"b\":\"x\"}]"`, `"93430181a161a178"`), `json: [2] is {"b":"x"}: rmsg has {"a":"x"}`},
	} {
		_, findings, err := Check([]byte(c.file))
		all := strings.Join(findings, "\n")
		if err != nil {
			all += "\n" + err.Error()
		}
		if !strings.Contains(all, c.want) {
			t.Errorf("%s: got %q, want %s", c.file, all, c.want)
		}
	}
}

// What other serializers write differently and means the same is not a finding.
func TestCheckAccepts(t *testing.T) {
	for _, file := range []string{
		`[]`,
		`[{"rmsg":[67,1],"json":"[67, 1.0]","msgpack":"92 43 01"}]`,
		`[{"rmsg":[67,1],"json":"[67,1]","msgpack":"dc000243d30000000000000001"}]`,
		`[{"rmsg":[50,1,{},[0.5, "\u0000AQI="]],"json":"[50,1,{},[5e-1,\"\\u0000AQI=\"]]","msgpack":"943201 8092ca3f000000c4020102"}]`,
		`[{"rmsg":[50,1,{},[18446744073709551615]],"json":"[50,1,{},[18446744073709551615]]","msgpack":"9432018091cfffffffffffffffff"}]`,
	} {
		if n, findings, err := Check([]byte(file)); len(findings) > 0 || err != nil {
			t.Errorf("%s: %d, %q, %v", file, n, findings, err)
		}
	}
}

func FuzzCheck(f *testing.F) {
	f.Add([]byte("[]"))
	f.Add(written(f)[:2000])
	f.Add([]byte(`[{"rmsg":[67,1],"json":"[67, 1.0]","msgpack":"92 43 01"}]`))
	f.Fuzz(func(t *testing.T, b []byte) { _, _, _ = Check(b) })
}

// What can be read can be written, and is then read as the same.
func FuzzMsgPack(f *testing.F) {
	for _, m := range Samples() {
		b, err := m.AppendMsgPack(nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ReadMsgPack(b)
		if err != nil || m.Verify() != nil {
			return
		}
		again, err := m.AppendMsgPack(nil)
		if err != nil {
			t.Fatalf("%x: %v", b, err)
		}
		n, err := ReadMsgPack(again)
		if err != nil || n.String() != m.String() {
			t.Fatalf("%x: %v, then %v, %v", b, m, n, err)
		}
		_, _ = json.Marshal(m)
	})
}

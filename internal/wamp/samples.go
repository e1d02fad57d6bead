// SPDX-License-Identifier: Apache-2.0

package wamp

// What the samples are about.
const (
	first, second = 123456, 789123
	procedure     = "com.myapp.procedure1"
	topic         = "com.myapp.topic1"
	failure       = "com.myapp.error1"
)

// Samples returns the 41 messages that the reference writes, in its order.
func Samples() []Message {
	type d = map[string]any
	none := d{}
	args, kwargs := []any{1, 2, 3}, d{"foo": 23, "bar": "hello"}
	return []Message{
		{1, "realm1", d{"roles": d{"subscriber": none}}},
		{6, none, "wamp.goodbye.normal"},
		{70, first, none}, {70, first, none, args, kwargs}, {70, first, d{"progress": true}},
		{69, first, none}, {69, first, d{"mode": "kill"}},
		{68, first, second, none}, {68, first, second, none, args, kwargs}, {68, first, second, d{"timeout": 10000}},
		{50, first, none}, {50, first, none, args, kwargs}, {50, first, d{"progress": true}},
		{49, first, none}, {49, first, d{"mode": "kill"}},
		{48, first, none, procedure}, {48, first, none, procedure, args, kwargs}, {48, first, d{"timeout": 10000}, procedure},
		{67, first}, {66, first, second}, {65, first, second},
		{64, first, none, procedure}, {64, first, d{"match": "prefix"}, procedure},
		{64, first, d{"invoke": "roundrobin"}, procedure}, {64, first, d{"invoke": "balance"}, procedure},
		{36, first, second, none}, {36, first, second, none, args, kwargs}, {36, first, second, d{"publisher": 300}},
		{17, first, second},
		{16, first, none, topic}, {16, first, none, topic, args, kwargs},
		{16, first, d{"exclude_me": false, "exclude": []any{300}, "eligible": []any{100, 200, 300}, "disclose_me": true}, topic},
		{35, first}, {34, first, second}, {33, first, second},
		{32, first, none, topic}, {32, first, d{"match": "prefix"}, topic},
		{8, 48, first, none, failure}, {8, 48, first, none, failure, args, kwargs},
		{48, first, none, "com.myapp.你好世界", args},
		{50, first, none, args, d{"en": "Hello World", "jp": "こんにちは世界"}},
	}
}

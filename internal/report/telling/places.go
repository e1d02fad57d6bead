// SPDX-License-Identifier: Apache-2.0

package telling

// places says for each topic of faults where in an implementation they are made.
var places = map[string]string{
	"reading frames":                       "where frames are read: FIN, RSV, opcode, mask and length of the header, also when it comes in pieces",
	"fragmented messages":                  "where fragments are joined: what is kept between frames, and what a frame may follow",
	"pings and pongs":                      "where Pings are answered, also between the fragments of a message",
	"text":                                 "where text is decoded: across fragments and reads, to the end of the message",
	"what is echoed":                       "the way of a message from the reader to the writer, and the echo handler itself",
	"closing":                              "the closing handshake: which Close frames are valid, what may follow one, and who ends TCP",
	"sending frames":                       "where frames are written: header, mask, order, and what several writers do to each other",
	"answers, at the server":               "where the server answers the opening handshake: status and header fields",
	"requests, at the server":              "where the server reads and checks the opening handshake, and what it refuses",
	"the opening handshake, at the client": "the request of the client, and how it checks the answer",
	"agreeing on compression":              "where permessage-deflate is negotiated: which parameters are accepted, answered and kept",
	"compression":                          "the compressor and decompressor: RSV1, context, window and the end of a message",
	"the network, and time":                "reads and writes that return part of the data, timeouts, and connections that end",
	"what it is told to do":                "the API that closes connections and sends messages",
}

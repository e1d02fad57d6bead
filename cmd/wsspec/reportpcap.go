// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/report/pcap"
	"github.com/wsspec/wsspec/internal/wirelog"
)

type pcapCmd struct {
	Report string `arg:"" complete:"file" help:"Folder of a report."`
	ID     string `arg:"" complete:"id" help:"The case, such as 6.4.1."`
	Agent  string `placeholder:"NAME" help:"Agent to choose, if the report has several."`
	Out    string `short:"o" placeholder:"FILE" complete:"file" help:"Output file; by default case_ID.pcapng in the current folder. - is standard output."`
}

// Help is what "wsspec report pcap --help" says.
func (pcapCmd) Help() string {
	return fmt.Sprintf(`Writes pcapng. Open it with Wireshark, or print it:

  tshark -r case_6.4.1.pcapng -Y websocket

Sizes and times of reads and writes, HTTP heads, frame headers, masking keys and how TCP ended are those of the conversation. A report keeps only the first %d octets of a payload: the rest is filled with zeros, and each packet with such zeros has a comment that says where they are. Compressed messages longer than that cannot be inflated. Addresses, ports, sequence numbers and the division into packets are made up. "wsspec inspect" understands the comments, and does not mistake the zeros for data.`, wirelog.KeepPayload)
}

// Run writes the file.
func (c pcapCmd) Run(p *process) error {
	if c.Out != "" && c.Out != "-" {
		if err := cmp.Or(reserved(c.Out), output{path: c.Out}.check()); err != nil {
			return err
		}
	}
	p.partial = true // it is about one
	rep, err := p.read(c.Report)
	if err != nil {
		return err
	}
	r, err := c.find(rep.Report)
	if err == nil {
		r, err = rep.whole(r)
	}
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := pcap.Write(&b, r); err != nil {
		return badUsage(fmt.Errorf("%s: case %s of %q: %w", c.Report, r.ID, r.Agent, err), "name the folder that wsspec test or wsspec serve wrote")
	}
	path := cmp.Or(c.Out, pcap.Name(r))
	if path == "-" {
		_, err := p.stdout.Write(b.Bytes())
		return err
	}
	if err := archive.WriteOutput(path, b.Bytes()); err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "Packets: %s\n", path)
	return nil
}

// find returns the result that is asked for, which has to be one.
func (c pcapCmd) find(rep *report.Report) (found report.Result, err error) {
	var agents []string
	for _, a := range rep.Agents {
		if c.Agent != "" && a.Name != c.Agent {
			continue
		}
		for _, r := range a.Results {
			if r.ID == c.ID {
				found = r
				agents = append(agents, fmt.Sprintf("%q", a.Name))
			}
		}
	}
	switch {
	case len(agents) == 0 && c.Agent != "":
		return found, badUsage(fmt.Errorf("%s: there is no case %q of agent %q in it", c.Report, c.ID, c.Agent), "")
	case len(agents) == 0:
		return found, badUsage(fmt.Errorf("%s: there is no case %q in it", c.Report, c.ID), "")
	case len(agents) > 1:
		return found, badUsage(fmt.Errorf("%s: several agents have case %s", c.Report, c.ID), "choose with --agent one of "+strings.Join(agents, ", "))
	}
	return found, nil
}

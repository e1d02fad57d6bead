# syntax=docker/dockerfile:1

# wsspec, laid out as images of the reference are: wstest on the PATH, the
# specification in /config, reports in /reports.
#
#   docker run -it --rm -v "$PWD/config:/config" -v "$PWD/reports:/reports" -p 9001:9001 IMAGE
#   docker run --rm --network host -v "$PWD:/work" -w /work IMAGE wsspec test ws://localhost:9001

FROM --platform=$BUILDPLATFORM golang:1.26-trixie AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS TARGETARCH
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -ldflags='-s -w' -o /out/wsspec ./cmd/wsspec

# The binary is static and would run FROM scratch. But scripts start this image with
# "bash" or "sh -c", and the entrypoint needs setpriv.
FROM debian:trixie-slim
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/wsspec /usr/local/bin/

# Nothing runs as root that need not. With docker run --user: as that user, who may
# be anyone. Without: as the owner of the folders that are mounted, so that reports
# can be written, and belong to whoever asked for them; as nobody, where none is.
# Folders of root, or of several owners, can only be used by root, as in the
# reference's images. A USER here would lock all of them out of their own folders.
COPY --chmod=755 <<'EOS' /usr/local/bin/as-owner
#!/bin/sh
[ "$(id -u)" = 0 ] || exec "$@"
owner=$(while read -r _ dir _; do
	case $dir in / | /proc | /proc/* | /sys | /sys/* | /dev | /dev/* | /etc/* | /run/*) continue ;; esac
	dir=$(printf %b "$dir") # a blank is written \040
	if [ -d "$dir" ]; then stat -c %u:%g "$dir"; fi
done </proc/mounts | sort -u)
case ${owner:=65534:65534} in
*"
"* | 0:*) exec "$@" ;;
esac
if [ "$PWD" = / ]; then chmod 1777 /; fi # the container's own: wsspec-report and such go there
exec setpriv --reuid "${owner%:*}" --regid "${owner#*:}" --clear-groups --no-new-privs "$@"
EOS

# Scripts also call wstest by where it is in the reference's images, old and new.
RUN ln -s wsspec /usr/local/bin/wstest && \
    mkdir -p /opt/pypy/bin && ln -s /usr/local/bin/wsspec /opt/pypy/bin/wstest && \
    mkdir /config && mkdir -m 1777 /reports

# "outdir": "./reports/clients" is /reports/clients.
WORKDIR /
EXPOSE 9001 8080
ENTRYPOINT ["as-owner"]
CMD ["wstest", "--mode", "fuzzingserver", "--spec", "/config/fuzzingserver.json"]

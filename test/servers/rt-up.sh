#!/usr/bin/env bash
# Brings up a fresh Request Tracker 5 on loopback, with SQLite, for the tests; prints the path of its credentials file.
#
#     RT_DIR=/tmp/some-new-folder RT_PORT=8099 test/servers/rt-up.sh
#
# RT_DIR      holds everything of the instance; must not exist or be empty, and is to be removed with rt-down.sh
# RT_PORT     port on 127.0.0.1
# RT_WORKERS  parallel requests that RT serves (default 5)
#
# Needs Debian's request-tracker5, which it installs when run as root. Nothing of an RT under /etc is read or changed. Fields, rights,
# token and scrip come from docs/helpdesks/request-tracker, so that those files are what is tested.
set -euo pipefail
umask 022
HERE=$(cd "$(dirname "$0")" && pwd)
DOCS=$(cd "$HERE/../../docs/helpdesks/request-tracker" && pwd)
: "${RT_DIR:?}" "${RT_PORT:?}"
RT_WORKERS=${RT_WORKERS:-5}
SERVER=/usr/share/request-tracker5/libexec/rt-server

die() { echo "rt-up: $*" >&2; exit 1; }
case $RT_DIR in /*/*) ;; *) die "RT_DIR must be an absolute path below some folder" ;; esac
[ ! -e "$RT_DIR/etc" ] || die "$RT_DIR holds an instance already"
mkdir -p "$RT_DIR"/{etc/conf.d,lib/RT/Action,db,log,mail,run,mason,session,spool}

# ---- packages. dbconfig-no-thanks: no database of its own; msmtp-mta: a mail program that is no daemon.
if [ ! -e $SERVER ] || ! perl -MDBD::SQLite -e1 2>/dev/null; then
  [ "$(id -u)" = 0 ] || die "request-tracker5 is not installed, and installing it needs root"
  export DEBIAN_FRONTEND=noninteractive
  policy=/usr/sbin/policy-rc.d
  if [ ! -e $policy ]; then # keeps the packages from starting services
    printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  { apt-get update && apt-get install -y --no-install-recommends request-tracker5 rt5-standalone rt5-db-sqlite dbconfig-no-thanks msmtp-mta w3m; } \
    >"$RT_DIR/log/apt.log" 2>&1 || { tail -20 "$RT_DIR/log/apt.log" >&2; die "apt-get failed"; }
fi

# ---- configuration
random() { head -c "$1" /dev/urandom | od -An -tx1 | tr -d ' \n'; }
ROOT_PASSWORD=$(random 12) AGENT_PASSWORD=$(random 12) WEBHOOK_SECRET=$(random 32)
cat >"$RT_DIR/etc/RT_SiteConfig.pm" <<PERL
use utf8;
\$RT::MasonDataDir = '$RT_DIR/mason'; \$RT::MasonSessionDir = '$RT_DIR/session'; \$RT::VarPath = '$RT_DIR/run';
Set(\$rtname, 'rt.test');
Set(\$Organization, 'rt.test');
Set(\$WebDomain, '127.0.0.1');
Set(\$WebPort, $RT_PORT);
Set(\$WebBaseURL, 'http://127.0.0.1:$RT_PORT');
Set(\$WebURL, 'http://127.0.0.1:$RT_PORT/');
Set(\$Timezone, 'Asia/Almaty');  # not UTC, so that a mistake about zones shows
Set(\$CorrespondAddress, 'support\@rt.test');
Set(\$CommentAddress, 'comment\@rt.test');
Set(\$DatabaseType, 'SQLite');
Set(\$DatabaseName, '$RT_DIR/db/rt.sqlite');
Set(\$BcryptCost, 4);            # tokens are hashed with it, on every request
Set(\$LogToSyslog, undef);
Set(\$LogToSTDERR, 'warning');
Set(\$MaxAttachmentSize, 30_000_000);
Set(\$MailCommand, sub {         # each mail becomes a file
    my \$mail = shift;
    require Time::HiRes;
    open my \$file, '>', sprintf('$RT_DIR/mail/%.6f-%d.eml', Time::HiRes::time(), \$\$) or return 0;
    \$mail->print(\$file);
    return close \$file;
});
1;
PERL
cp "$DOCS/lib/RT/Action/Deskbridge.pm" "$RT_DIR/lib/RT/Action/"
cat >"$RT_DIR/etc/deskbridge-rt.json" <<JSON
{"url":"http://127.0.0.1:9/helpdesk","secret":"$WEBHOOK_SECRET","spool":"$RT_DIR/spool","ignore_user":"deskbridge","timeout":5}
JSON
export RT_DIR RT_SITE_CONFIG=$RT_DIR/etc/RT_SiteConfig.pm RT_SITE_CONFIG_DIR=$RT_DIR/etc/conf.d PERL5LIB=$RT_DIR/lib
export DESKBRIDGE_RT_CONFIG=$RT_DIR/etc/deskbridge-rt.json

# ---- database, then what the documentation tells an admin to load, then queues, agents and articles
setup() { /usr/sbin/rt-setup-database-5 "$@" </dev/null >>"$RT_DIR/log/setup.log" 2>&1 || { tail -20 "$RT_DIR/log/setup.log" >&2; die "rt-setup-database-5 $* failed"; }; }
printf %s "$ROOT_PASSWORD" >"$RT_DIR/run/root-password"
setup --action init --root-password-file "$RT_DIR/run/root-password"
rm "$RT_DIR/run/root-password"
perl -MDBI -e 'DBI->connect("dbi:SQLite:dbname=$ARGV[0]", "", "", { RaiseError => 1 })->do("pragma journal_mode=wal")' "$RT_DIR/db/rt.sqlite"
export ROOT_PASSWORD AGENT_PASSWORD
perl "$HERE/rt-seed.pl" >"$RT_DIR/run/seed.json" 2>"$RT_DIR/log/seed.log" || { tail -20 "$RT_DIR/log/seed.log" >&2; die "seeding failed"; }
DESKBRIDGE_RENAME=1 setup --action insert --datafile "$DOCS/deskbridge.data"
BRIDGE_TOKEN=$(sed -n 's/^HELPDESK_TOKEN=//p' "$RT_DIR/log/setup.log")
[ -n "$BRIDGE_TOKEN" ] || die "deskbridge.data printed no token"
sed -i 's/^HELPDESK_TOKEN=.*//' "$RT_DIR/log/setup.log"
setup --action insert --datafile "$DOCS/deskbridge-webhook.data"
setup --action insert --datafile "$DOCS/deskbridge.data"         # a second time: must do no harm
setup --action insert --datafile "$DOCS/deskbridge-webhook.data"

# ---- processes, each the leader of a session of its own: rt-down.sh finds Starlet's workers by it
setsid perl $SERVER --server Starlet --env deployment --host 127.0.0.1 --port "$RT_PORT" --max-workers "$RT_WORKERS" --max-reqs-per-child 500 \
  >>"$RT_DIR/log/rt.log" 2>&1 </dev/null &
echo $! >"$RT_DIR/run/rt.pid"
setsid perl "$DOCS/deskbridge-forwarder" "$DESKBRIDGE_RT_CONFIG" >>"$RT_DIR/log/forwarder.log" 2>&1 </dev/null &
echo $! >"$RT_DIR/run/forwarder.pid"

code=000
for _ in $(seq 1 300); do
  code=$(curl -s -o /dev/null -m 5 -w '%{http_code}' -H "Authorization: token $BRIDGE_TOKEN" "http://127.0.0.1:$RT_PORT/REST/2.0/rt" || true)
  [ "$code" = 200 ] && break
  kill -0 "$(cat "$RT_DIR/run/rt.pid")" 2>/dev/null || { tail -20 "$RT_DIR/log/rt.log" >&2; die "the server ended"; }
  sleep 0.1
done
[ "$code" = 200 ] || die "the server does not answer (last status $code)"

RT_URL=http://127.0.0.1:$RT_PORT BRIDGE_TOKEN=$BRIDGE_TOKEN WEBHOOK_SECRET=$WEBHOOK_SECRET perl -MJSON::PP -0777 -e '
  my $seed = decode_json(<STDIN>);
  $seed->{users}{bridge} = { token => $ENV{BRIDGE_TOKEN} };
  $seed->{users}{root}   = { password => $ENV{ROOT_PASSWORD} };
  print JSON::PP->new->canonical->pretty->encode({ %$seed, url => $ENV{RT_URL}, rest => "$ENV{RT_URL}/REST/2.0",
    webhook => { secret => $ENV{WEBHOOK_SECRET}, config => $ENV{DESKBRIDGE_RT_CONFIG}, spool => "$ENV{RT_DIR}/spool" },
    logs => { server => "$ENV{RT_DIR}/log/rt.log", forwarder => "$ENV{RT_DIR}/log/forwarder.log", mail => "$ENV{RT_DIR}/mail" } });
' <"$RT_DIR/run/seed.json" >"$RT_DIR/credentials.json"
chmod 600 "$RT_DIR/credentials.json"
echo "$RT_DIR/credentials.json"

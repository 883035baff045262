# Keeps one PostgreSQL server in FOLDER until standard input closes, which the
# kernel does when the test process ends in whatever way. Then it removes all.
# Prints "ready" when the server answers; otherwise the log, and ends.
#
# usage: keeper.sh FOLDER BINARIES FSYNC
folder=$1 binaries=$2 fsync=$3

settings="
listen_addresses = ''
unix_socket_directories = '$folder'
port = 5432
max_connections = 100
fsync = $fsync
timezone = UTC
log_timezone = UTC
"

if {
	"$binaries/initdb" -D "$folder/data" -U sparekey -A trust -E UTF8 --locale=C --no-sync &&
		echo "$settings" >>"$folder/data/postgresql.conf" &&
		"$binaries/pg_ctl" start -w -t 60 -D "$folder/data" -l "$folder/server.log"
} >"$folder/start.log" 2>&1; then
	echo ready
	cat >/dev/null
	"$binaries/pg_ctl" stop -w -m immediate -D "$folder/data" >/dev/null 2>&1
else
	cat "$folder/start.log" "$folder/server.log" 2>/dev/null
fi
cd /
rm -rf "$folder"

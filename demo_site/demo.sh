#!/bin/sh
# `make demo`: fill the shop, show an audit on the terminal, serve the pages.
set -eu
python=$1
"$python" manage.py migrate --verbosity 0
# For the admin; once made, it is there.
DJANGO_SUPERUSER_PASSWORD=demo "$python" manage.py createsuperuser --noinput \
    --username demo --email demo@example.com 2>/dev/null || true
"$python" manage.py seed --size "$SIZE" --if-empty
# Without the middleware, which would tell the log what is printed here already.
AUDIT=0 "$python" manage.py show_audit /slow/albums/ /fast/albums/
if [ "$SERVE" = 0 ]; then
    exit 0
fi
echo
echo "The shop is on http://$ADDRESS/ - each page with the audit in its toolbar."
echo "The admin is on http://$ADDRESS/admin/, name and password: demo."
echo "LATENCY=5 make demo puts 5 ms on each round trip, as a database in the cloud does."
exec "$python" manage.py runserver --noreload "$ADDRESS"

#!/bin/sh
# `make demo`: fill the shop, show audits on the terminal, serve the pages.
set -eu
python=$1
if [ "${DYNAMODB:-0}" != 0 ]; then
    # Once more, beside a server of DynamoDB that ends with this script.
    export DYNAMODB=0
    exec "$python" -m config.dynamodb_local -- sh demo.sh "$python"
fi
"$python" manage.py migrate --verbosity 0
# For the admin; once made, it is there.
DJANGO_SUPERUSER_PASSWORD=demo "$python" manage.py createsuperuser --noinput \
    --username demo --email demo@example.com 2>/dev/null || true
"$python" manage.py seed --size "$SIZE" --if-empty
pages="/slow/albums/ /fast/albums/"
if [ -n "${DEMO_DYNAMODB:-}" ]; then
    "$python" manage.py seed_dynamodb
    pages="$pages /slow/prices/ /fast/prices/ /slow/plays/ /fast/plays/"
elif [ -n "${DEMO_DYNAMODB_LACKS:-}" ]; then
    echo "The pages about DynamoDB are left out: $DEMO_DYNAMODB_LACKS."
else
    echo "The pages about DynamoDB are left out: make demo DYNAMODB=1 starts its server (Java)."
fi
# Without the middleware, which would tell the log what is printed here already.
# shellcheck disable=SC2086  # several addresses
AUDIT=0 "$python" manage.py show_audit $pages
if [ "$SERVE" = 0 ]; then
    exit 0
fi
echo
echo "The shop is on http://$ADDRESS/ - each page with the audit in its toolbar."
echo "The admin is on http://$ADDRESS/admin/, name and password: demo."
echo "LATENCY=5 make demo puts 5 ms on each round trip, as a database in the cloud does."
exec "$python" manage.py runserver --noreload "$ADDRESS"

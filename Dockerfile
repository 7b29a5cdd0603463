# The agent as an image: Node, the packages it runs with, its sources. No compiler, no package manager, no shell script but its own start.
# How to run it: docs/deploy.md.

# The official image, by version. To pin it by what is in it as well, build with
#   --build-arg NODE=docker.io/library/node:24.21.0-bookworm-slim@sha256:…
# with the digest that `docker buildx imagetools inspect docker.io/library/node:24.21.0-bookworm-slim` prints.
ARG NODE=docker.io/library/node:24.21.0-bookworm-slim

# What the lockfile names, each package checked against its hash; no script of a package is run. The optional packages are another copy of
# Node for machines without it, and native speed-ups that are not needed.
FROM ${NODE} AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# What is listed is what is installed: with `--omit` npm leaves out packages that tests need too.
# A registry of your own: --secret id=npmrc,src=$HOME/.npmrc. It is read here and kept nowhere.
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc \
    npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund --loglevel=error \
 && npm pkg delete devDependencies optionalDependencies \
 && npm sbom --sbom-format=cyclonedx --sbom-type=application > sbom.cdx.json \
 && npm sbom --sbom-format=spdx --sbom-type=application > sbom.spdx.json \
 && find node_modules -type f \( -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.map' \) -delete

FROM ${NODE}
# Debian packages to add: `git openssh-client` for anchors of the kind git.
ARG PACKAGES=""
RUN rm -rf /usr/local/lib/node_modules /usr/local/include /opt/yarn* \
      /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn /usr/local/bin/yarnpkg \
 && if [ -n "$PACKAGES" ]; then apt-get update && apt-get install -y --no-install-recommends $PACKAGES && rm -rf /var/lib/apt/lists/*; fi \
 && groupadd --gid 10001 holdfast \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin holdfast \
 && mkdir /data && chown 10001:10001 /data \
 && ln -s /app/bin/holdfast /usr/local/bin/holdfast

WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY --from=packages /app/sbom.cdx.json /app/sbom.spdx.json ./
COPY package.json LICENSE ./
COPY bin ./bin
COPY collectors ./collectors
COPY controls ./controls
COPY examples ./examples
COPY rules ./rules
COPY src ./src

# Which state of the sources this is: --build-arg REVISION=$(git rev-parse HEAD)
ARG REVISION=unknown
# Fewer arenas of malloc: what was freed is used again, by whichever thread.
ENV NODE_ENV=production \
    MALLOC_ARENA_MAX=2 \
    HOLDFAST_REVISION=${REVISION}
LABEL org.opencontainers.image.title="Holdfast" \
      org.opencontainers.image.description="Shows whether SOC 2 controls operate, continuously, and keeps the proof." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.revision="${REVISION}"

# By number, so that a cluster can tell that it is not root. Everything that is written goes to /data, and for moments to /tmp.
USER 10001:10001
VOLUME ["/data"]
WORKDIR /data
EXPOSE 8321
STOPSIGNAL SIGTERM
# Whether it lives: its loop turns. Whether it is well is another question: /readyz, and `holdfast status --alive`.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 CMD ["node", "/app/bin/healthy.mjs"]
ENTRYPOINT ["/app/bin/holdfast"]
CMD ["run"]

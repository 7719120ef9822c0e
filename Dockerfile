# The worker in a container: a few files on Node, as a user without rights, started without a shell. `docker build -t
# inquiries-mailer .`, then docs/docker.md.
#
# Verified: its instructions are parsed by a test; what it copies and runs was run by hand in empty folders, the worker as user
# 65532 with nothing in its environment but the settings. Not built: there was no container engine.

# Both can be replaced by images of your own (--build-arg RUN_IMAGE=…): any with glibc and `node` in its PATH. The first needs
# npm, too; the second needs no shell and no npm.
ARG BUILD_IMAGE=node:24-bookworm-slim
ARG RUN_IMAGE=node:24-bookworm-slim

FROM ${BUILD_IMAGE} AS build
WORKDIR /build
# First what changes seldom: the packages are downloaded again only when these do.
COPY package.json package-lock.json .npmrc ./
RUN ["npm", "ci", "--include=dev"]
COPY . .
RUN ["npm", "run", "build"]

# Only for compose.yaml, which names it and its port: a stand-in for Microsoft. `docker build` makes the last stage and leaves it out.
FROM build AS stand-in
USER 65532:65532
CMD ["node", "--import", "tsx", "scripts/stand-in.ts", "8025"]

FROM ${RUN_IMAGE}
WORKDIR /app
# Owned by root, and written by nobody.
COPY --from=build /build/dist/ ./
# A number, so that Kubernetes sees without looking inside that it is not root.
USER 65532:65532
# PORT, for `health`: on the container's own loopback, where nobody outside can ask.
ENV LOG_FORMAT=json PORT=8080
# It says whether the worker lives, not whether every database answers: a restart would help none of them.
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s --retries=3 CMD ["node", "/app/main.js", "health"]
# Node itself is process 1 and hears SIGTERM. It ends within 25 s: give it longer, `docker run --stop-timeout 30`.
ENTRYPOINT ["node", "/app/main.js"]
CMD ["run"]

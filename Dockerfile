# syntax=docker/dockerfile:1
# Build:  docker build -t octopus .
# Run:    docker run -p 8080:8080 -p 9090:9090 -v ./octopus.yaml:/etc/octopus/octopus.yaml:ro octopus

FROM node:22-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/build.mjs scripts/
COPY src src
COPY native-bindings native-bindings
RUN node scripts/build.mjs && npm prune --omit=dev --ignore-scripts

FROM node:22-bookworm-slim
ENV NODE_ENV=production
WORKDIR /opt/octopus
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY package.json LICENSE-MIT LICENSE-APACHE ./
RUN ln -s /opt/octopus/dist/src/cli/main.js /usr/local/bin/octopus
# Not root. Ports below 1024 need no capability where net.ipv4.ip_unprivileged_port_start=0, as in Docker.
USER node
EXPOSE 8080 9090
# The shell-free form: SIGTERM reaches the gateway, which drains before it exits.
ENTRYPOINT ["octopus"]
CMD ["run", "-c", "/etc/octopus"]
HEALTHCHECK --interval=10s --timeout=2s --start-period=5s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9090/_/ready').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Longer than server.shutdown_timeout: docker stop -t 45, or stop_grace_period in compose.
STOPSIGNAL SIGTERM

# syntax=docker/dockerfile:1
# One static-enough binary on a small Debian with the interpreters that functions need.
# Not built in this project's CI (no engine there); it uses the same make target as everyone.

FROM rust:1.95-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends nodejs npm make && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    make build && cp target/release/knative-lambda /knative-lambda

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates git openssh-client python3 python3-pip python3-venv nodejs npm \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --create-home --home-dir /var/lib/knative-lambda knative-lambda
COPY --from=build /knative-lambda /usr/local/bin/knative-lambda
USER 10001
# Inside a container loopback is the container itself. Publish the ports on the host's loopback only, or put a
# proxy with TLS before them: docker run -p 127.0.0.1:3000:3000 -p 127.0.0.1:3001:3001 …
ENV KL_DATA_DIR=/var/lib/knative-lambda/data \
    KL_LISTEN=0.0.0.0:3000 \
    KL_GATEWAY_LISTEN=0.0.0.0:3001 \
    KL_ALLOW_PUBLIC_LISTEN=true
VOLUME /var/lib/knative-lambda
EXPOSE 3000 3001
ENTRYPOINT ["knative-lambda"]
CMD ["server"]

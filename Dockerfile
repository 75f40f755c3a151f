# The command line of the desk. There is no server in this image: `mqk` runs, prints and ends.
FROM python:3.11-slim AS build
WORKDIR /build
COPY requirements.txt ./
# uv and the build backend come from the same hashed file as everything else.
RUN python -m venv /tools && /tools/bin/pip install --no-cache-dir --require-hashes --requirement requirements.txt
COPY pyproject.toml uv.lock README.md ./
RUN UV_PROJECT_ENVIRONMENT=/desk/env /tools/bin/uv sync --frozen --no-dev --no-install-project --python python3.11
COPY dsl dsl
COPY engine engine
COPY tui tui
COPY specs specs
COPY rules rules
COPY config config
COPY migrations migrations
COPY scripts scripts
COPY tests/fixtures/demo tests/fixtures/demo
RUN /tools/bin/python -m build --wheel --no-isolation --outdir /build/dist \
    && /tools/bin/uv pip install --python /desk/env/bin/python --no-deps --no-index /build/dist/*.whl

FROM python:3.11-slim
COPY --from=build /desk/env /desk/env
RUN useradd --create-home --uid 10001 desk && mkdir /data && chown desk /data
USER desk
WORKDIR /data
ENV PATH=/desk/env/bin:$PATH PYTHONUNBUFFERED=1
VOLUME /data
ENTRYPOINT ["mqk"]
CMD ["--help"]

FROM node:22-slim AS frontend
WORKDIR /app/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY frontend/ ./
RUN npm run build

FROM python:3.13-slim AS packages
COPY requirements/base.txt .
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --require-hashes -r base.txt

FROM python:3.13-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 TROLLEY_DATA=/data PATH=/venv/bin:$PATH
WORKDIR /app
COPY --from=packages /venv /venv
COPY . .
COPY --from=frontend /app/frontend/dist frontend/dist
# The file system is read-only while it runs: everything is compiled and compressed here.
RUN python -m whitenoise.compress --quiet frontend/dist \
    && python -m compileall -q manage.py accounts asgi_project live rest shopping_list trolley_check \
    && useradd --system --uid 1000 trolley \
    && install -d -m 700 -o trolley /data
USER trolley
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --start-interval=1s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ.get('TROLLEY_PORT') or 8000}/readyz\", timeout=4)"]
CMD ["python", "manage.py", "serve"]

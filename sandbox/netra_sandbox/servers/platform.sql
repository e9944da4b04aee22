-- The product's tables and what the sandbox's staging database holds. The golden path's user is added with its password's hash.
CREATE TABLE users (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL UNIQUE,
    password_hash text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Which migration was the last.
CREATE TABLE alembic_version (
    version_num varchar(32) NOT NULL PRIMARY KEY
);

INSERT INTO alembic_version (version_num) VALUES ('0041_resource_costs');

CREATE TABLE resource_costs (
    month date NOT NULL,
    resource text NOT NULL,
    kind text NOT NULL,
    cost_usd numeric(10, 2) NOT NULL,
    utilization numeric(4, 3) NOT NULL,
    advice text NOT NULL,
    PRIMARY KEY (month, resource)
);

INSERT INTO resource_costs (month, resource, kind, cost_usd, utilization, advice)
SELECT (date_trunc('month', now()) - age)::date, resource, kind, round(cost_usd * factor, 2), utilization, advice
FROM (VALUES (interval '1 month', 1.0), (interval '2 months', 0.94)) AS months (age, factor),
(VALUES
    ('inference-gpu-pool', 'GPU nodes', 18240.00, 0.310, 'Scale it to zero outside office hours.'),
    ('clickhouse-analytics', 'database', 7415.50, 0.620, 'Move partitions older than 90 days to object storage.'),
    ('staging-postgres', 'Cloud SQL', 412.80, 0.450, 'Leave it as it is.'),
    ('egress-us-central1', 'network', 3120.75, 0.880, 'Put the static bundles behind the CDN.'),
    ('log-archive', 'storage', 960.20, 0.700, 'Shorten the retention of debug logs to 14 days.')
) AS costs (resource, kind, cost_usd, utilization, advice);

//! Other proxies that make a callout and forward, with one worker each.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
};

use tokio::process::Command;

use crate::{Result, process::Process};

/// A proxy that is held against the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    Envoy,
    Nginx,
}

/// Where the proxies are, where their files go, and whom they ask and forward to.
#[derive(Debug)]
pub(crate) struct Surroundings<'a> {
    pub(crate) programs: &'a Path,
    pub(crate) folder: &'a Path,
    pub(crate) function: SocketAddr,
    pub(crate) backend: SocketAddr,
}

impl Peer {
    pub(crate) const ALL: [Self; 2] = [Self::Envoy, Self::Nginx];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Envoy => "Envoy `ext_authz` over HTTP",
            Self::Nginx => "nginx `auth_request`",
        }
    }

    /// Of the gateway's CPU, how many times this one's at most.
    pub(crate) fn goal(self) -> f64 {
        match self {
            Self::Envoy => 0.45,
            Self::Nginx => 1.0,
        }
    }

    /// Its program, where it is installed.
    pub(crate) fn program(self, programs: &Path) -> Option<PathBuf> {
        let program = programs.join(match self {
            Self::Envoy => "envoy",
            Self::Nginx => "nginx",
        });
        program.is_file().then_some(program)
    }

    pub(crate) async fn start(self, around: &Surroundings<'_>) -> Result<Process> {
        let program = self.program(around.programs);
        let mut command = Command::new(program.ok_or("it is not installed")?);
        // A free port, as far as that can be known beforehand.
        let listen = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
        match self {
            Self::Envoy => {
                let file = around.folder.join("envoy.json");
                fs::write(&file, envoy(listen, around).to_string())?;
                command.arg("-c").arg(file);
                command.args(["--concurrency", "1", "--log-level", "error"]);
                command.args(["--disable-hot-restart"]);
            }
            Self::Nginx => {
                let file = around.folder.join("nginx.conf");
                fs::write(&file, nginx(listen, around))?;
                command.arg("-p").arg(around.folder).arg("-c").arg(file);
                // The log it writes to before it has read its file.
                command.args(["-e", "stderr"]);
            }
        }
        Process::listening(command, listen).await
    }
}

fn nginx(listen: SocketAddr, around: &Surroundings<'_>) -> String {
    let Surroundings {
        function, backend, ..
    } = around;
    format!(
        "daemon off;
master_process off;
worker_processes 1;
pid nginx.pid;
error_log stderr error;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    keepalive_requests 10000000;
    upstream function {{ server {function}; keepalive 512; keepalive_requests 10000000; }}
    upstream backend {{ server {backend}; keepalive 512; keepalive_requests 10000000; }}
    server {{
        listen {listen};
        location / {{
            auth_request /authorize;
            proxy_pass http://backend;
            proxy_http_version 1.1;
            proxy_set_header Connection \"\";
        }}
        location = /authorize {{
            internal;
            proxy_pass http://function;
            proxy_http_version 1.1;
            proxy_pass_request_body off;
            proxy_set_header Content-Length \"\";
            proxy_set_header Connection \"\";
        }}
    }}
}}
"
    )
}

fn envoy(listen: SocketAddr, around: &Surroundings<'_>) -> serde_json::Value {
    let address = |of: SocketAddr| serde_json::json!({ "socket_address": { "address": of.ip().to_string(), "port_value": of.port() } });
    let cluster = |name: &str, of: SocketAddr| {
        serde_json::json!({
            "name": name,
            "type": "STATIC",
            "connect_timeout": "5s",
            "load_assignment": {
                "cluster_name": name,
                "endpoints": [{ "lb_endpoints": [{ "endpoint": { "address": address(of) } }] }],
            },
        })
    };
    let url = "type.googleapis.com/envoy.extensions.filters";
    serde_json::json!({
        "static_resources": {
            "listeners": [{
                "name": "listener",
                "address": address(listen),
                "filter_chains": [{ "filters": [{
                    "name": "envoy.filters.network.http_connection_manager",
                    "typed_config": {
                        "@type": format!("{url}.network.http_connection_manager.v3.HttpConnectionManager"),
                        "stat_prefix": "ingress",
                        "route_config": { "virtual_hosts": [{
                            "name": "all",
                            "domains": ["*"],
                            "routes": [{ "match": { "prefix": "/" }, "route": { "cluster": "backend" } }],
                        }] },
                        "http_filters": [
                            {
                                "name": "envoy.filters.http.ext_authz",
                                "typed_config": {
                                    "@type": format!("{url}.http.ext_authz.v3.ExtAuthz"),
                                    "http_service": { "server_uri": {
                                        "uri": format!("http://{}", around.function),
                                        "cluster": "function",
                                        "timeout": "5s",
                                    } },
                                },
                            },
                            {
                                "name": "envoy.filters.http.router",
                                "typed_config": { "@type": format!("{url}.http.router.v3.Router") },
                            },
                        ],
                    },
                }] }],
            }],
            "clusters": [cluster("function", around.function), cluster("backend", around.backend)],
        },
    })
}

package temporalserver

import (
	"context"
	"time"

	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/temporal"
)

const (
	// clusterName is kept in the database. The Temporal CLI's development server has the same name.
	clusterName = "active"
	// mainStore and visibilityStore name the databases within the configuration.
	mainStore       = "default"
	visibilityStore = "visibility"
	disabled        = "disabled"
	// historyShards is kept in the database as well. A few shards let workflows progress in parallel on a small machine.
	historyShards = 4
	// joinTimeout limits the start. Each service may take twice as long.
	joinTimeout = 15 * time.Second
)

// services maps each of the server's services to the port it will listen on.
type services map[primitives.ServiceName]int

func reservePorts(ctx context.Context, frontend int) (services, error) {
	ports := make(services, len(temporal.DefaultServices))
	for _, name := range temporal.DefaultServices {
		service := primitives.ServiceName(name)
		wanted := 0
		if service == primitives.FrontendService {
			wanted = frontend
		}
		port, err := reservePort(ctx, wanted)
		if err != nil {
			return nil, err
		}
		ports[service] = port
	}
	return ports, nil
}

func (s services) hosts() map[primitives.ServiceName]static.Hosts {
	hosts := make(map[primitives.ServiceName]static.Hosts, len(s))
	for service, port := range s {
		hosts[service] = static.SingleLocalHost(address(port))
	}
	return hosts
}

// serverConfig returns the configuration of the Temporal CLI's development server, without metrics, profiling and the
// HTTP API.
func serverConfig(ports services, s store) *config.Config {
	frontend := address(ports[primitives.FrontendService])
	conf := &config.Config{
		Persistence: config.Persistence{
			DefaultStore:     mainStore,
			VisibilityStore:  visibilityStore,
			NumHistoryShards: historyShards,
			DataStores:       map[string]config.DataStore{mainStore: {SQL: s.main}, visibilityStore: {SQL: s.visibility}},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{
				clusterName: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: frontend},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		PublicClient:        config.PublicClient{HostPort: frontend},
		Services:            make(map[string]config.Service, len(ports)),
	}
	conf.Global.Membership = config.Membership{MaxJoinDuration: joinTimeout, BroadcastAddress: host}
	conf.Archival.History.State = disabled
	conf.Archival.Visibility.State = disabled
	conf.NamespaceDefaults.Archival.History.State = disabled
	conf.NamespaceDefaults.Archival.Visibility.State = disabled
	for service, port := range ports {
		conf.Services[string(service)] = config.Service{RPC: config.RPC{GRPCPort: port, BindOnIP: host}}
	}
	return conf
}

func dynamicConfig(overrides map[string]any) dynamicconfig.StaticClient {
	values := dynamicconfig.StaticClient{
		// The version check calls home.
		dynamicconfig.EnableServerVersionCheck.Key(): false,
		// As in the CLI's development server: less memory, and a visibility rate limit that a dashboard does not exceed.
		dynamicconfig.HistoryCacheHostLevelMaxSize.Key():                 8096,
		dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key(): 100,
		// The server never stops these internal workers, and they would poll the next server on this port. Two of them clean
		// up data that is months old; the history service does the work of the third itself.
		dynamicconfig.TaskQueueScannerEnabled.Key():       false,
		dynamicconfig.HistoryScannerEnabled.Key():         false,
		dynamicconfig.EnableParentClosePolicyWorker.Key(): false,
	}
	for name, value := range overrides {
		values[dynamicconfig.MakeKey(name)] = value
	}
	return values
}

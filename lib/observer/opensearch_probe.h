#pragma once

#include "observer/probe.h"

namespace holdfast::observer {

/// Whether the cluster at the target works, in three cheap requests: its health (green and yellow do; red is
/// failed; one that has not found its manager or its state yet is starting), its blocks (an index that the
/// flood stage of a full disk made read-only is failed, as is a cluster that is read-only), and how full the
/// disks are, for the words alone.
[[nodiscard]] std::unique_ptr<Probe> begin_opensearch(boost::asio::io_context& loop,
                                                      const wire::ProbeQuestion& question, Answered answered);

} // namespace holdfast::observer

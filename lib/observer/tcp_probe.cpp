#include "observer/tcp_probe.h"

#include "observer/connect.h"

namespace holdfast::observer {
namespace {

class TcpProbe : public Probe {
public:
  TcpProbe(boost::asio::io_context& loop, const std::string& target, Answered answered)
      : connecting_(loop, target, [answered = std::move(answered)](const auto& socket) {
          answered(socket ? Answer{wire::ProbeVerdict::succeeded, "accepts connections"}
                          : unreachable(socket.error()));
        }) {}

  [[nodiscard]] std::string waits_for() const override { return connecting_.waits_for(); }

private:
  Connecting connecting_;
};

} // namespace

std::unique_ptr<Probe> begin_tcp(boost::asio::io_context& loop, const wire::ProbeQuestion& question,
                                 Answered answered) {
  return std::make_unique<TcpProbe>(loop, question.target, std::move(answered));
}

} // namespace holdfast::observer

#include "observer/answer_later.h"

#include <boost/asio/post.hpp>

namespace holdfast::observer {

AnswerLater::AnswerLater(boost::asio::io_context& loop, Answered answered, Answer answer)
    : answered_(std::make_shared<Answered>(std::move(answered))) {
  boost::asio::post(loop, [told = answered_, answer = std::move(answer)] {
    if (auto tell = std::exchange(*told, nullptr)) tell(answer);
  });
}

AnswerLater::~AnswerLater() {
  *answered_ = nullptr;
}

} // namespace holdfast::observer
